"""Where a fetched file goes, and whether it is there already. In threads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from overlay.content.file_ref import FileRef, check_file_name
from overlay.errors import BadInput


def target_of(path: Path, ref: FileRef) -> Path:
    """Where the file goes: `path`, or under its own name into that folder. Raises BadInput."""
    return path / check_file_name(ref.name) if path.is_dir() else path


def is_fetched(path: Path, ref: FileRef) -> bool:
    """Whether the file is here already, whole. Raises BadInput where something else has its name."""
    if not path.exists() and not path.is_symlink():
        return False
    try:
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    if whole.hexdigest() != ref.digest:
        raise BadInput(f"{path} is there already, and is another file: remove it, or name another path")
    return True
