"""Options that many commands have. It imports nothing of weight: a command waits for what it needs itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path, typer.Option("--home", envvar="OVERLAY_HOME", help="The domain's folder.", show_default="here")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")]
Me = Annotated[str, typer.Option("--as", help="Which agent of the domain to be.")]
MeOrNew = Annotated[str, typer.Option("--as", help="Which agent of the domain to be; made when it is new.")]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Who may call from other domains: alice@b.example, b.example. Repeatable."),
]
Name = Annotated[str, typer.Argument(help="name@home-domain; of this domain the name is enough.")]
HERE = Path()
