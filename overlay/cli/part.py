"""`overlay part`: one service of a domain in a folder of its own, to take elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home
from overlay.cli.printing import say
from overlay.domain.folder import DomainFolder
from overlay.domain.part import make_part


def part(
    name: Annotated[
        str, typer.Argument(metavar="PART", help="ca, admission, registry, gateway, sessions or operator.")
    ],
    output: Annotated[Path, typer.Argument(help="The folder to make; must not be there yet.")],
    home: Home = HERE,
) -> None:
    """Make a folder with what one service needs, and no other's secrets, for another machine or container.

    Make one of each, and use it instead of the domain's folder: what the service learns is kept there.
    """
    make_part(DomainFolder.open(home), name, output)
    use = "the operator's commands with" if name == "operator" else f"overlay serve {name}"
    say(f"{output} is made. Use it there: {use} --home FOLDER")
