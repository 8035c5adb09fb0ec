"""Options that many commands have. It imports nothing of weight: a command waits for what it needs itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path, typer.Option("--home", envvar="OVERLAY_HOME", help="The domain's folder.", show_default="here")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")]
HERE = Path()
