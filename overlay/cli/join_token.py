"""Join tokens for commands: not as arguments, which everybody on a machine sees (`ps`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from overlay.agent.agent import ENVIRONMENT
from overlay.text_file import read_text

TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", help="The file with a join token; - reads standard input. Else OVERLAY_JOIN_TOKEN."
    ),
]


def join_token(file: Path | None) -> str:
    """In `file`, or in the environment; empty where there is none. Raises BadSettings."""
    return read_text(file).strip() if file else os.environ.get(ENVIRONMENT, "").strip()
