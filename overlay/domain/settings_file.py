"""Changes one setting in a domain's `overlay.toml`, and leaves everything else as it was written."""

from __future__ import annotations

import re
from pathlib import Path

from overlay.errors import BadSettings
from overlay.private_files import write_private
from overlay.settings import load_settings


def set_number(file: Path, name: str, value: int) -> None:
    """From now on `name` is `value` there. Raises BadSettings; then nothing changed."""
    try:
        before = file.read_text() if file.exists() else ""
    except OSError as error:
        raise BadSettings(f"{file} cannot be read: {error.strerror}") from error
    line = f"{name} = {value}\n"
    text, found = re.subn(rf"(?m)^{name}[ \t]*=.*(\n|\Z)", line, before)
    if not found:
        text = line + before  # before any table
    write_private(file, text.encode())
    try:
        load_settings(file)
    except BadSettings:
        write_private(file, before.encode())
        raise
