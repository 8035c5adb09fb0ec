"""Files that people name in commands: read and written, with what went wrong in words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from overlay.errors import BadSettings

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.")]


def read_text(file: Path) -> str:
    """The text of a file; `-` is standard input. Raises BadSettings."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise BadSettings(f"{file} cannot be read: {why}") from error


def write_file(file: Path, data: bytes) -> None:
    """In place of what was there. Raises BadSettings."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise BadSettings(f"{file} cannot be written: {error.strerror}") from error
