"""Files of text that people name: read, and what went wrong in one set of words."""

from __future__ import annotations

import sys
from pathlib import Path

from overlay.errors import BadSettings


def read_text(file: Path, *, encoding: str = "utf-8") -> str:
    """The text of a file; `-` is standard input. Raises BadSettings."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding=encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} cannot be read: {why_unreadable(error)}") from error


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """For people."""
    return str(error.strerror) if isinstance(error, OSError) else "it is not text in UTF-8"
