"""Files that commands write, with what went wrong in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.errors import BadSettings

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.")]


def write_file(file: Path, data: bytes) -> None:
    """In place of what was there. Raises BadSettings."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise BadSettings(f"{file} cannot be written: {error.strerror}") from error
