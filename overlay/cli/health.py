"""`overlay health`: whether one service of this folder serves; for containers and service managers."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.options import HERE, Home
from overlay.cli.printing import say
from overlay.domain.folder import DomainFolder
from overlay.domain.health import check_health


def health(
    part: Annotated[str, typer.Argument(help="ca, admission, registry, gateway or sessions.")],
    home: Home = HERE,
) -> None:
    """Exit code 0 if the service that was started with `overlay serve PART --home HOME` serves, else 1."""
    check_health(DomainFolder.open(home), part)
    say(f"{part} serves")
