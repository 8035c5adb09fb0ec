"""A folder that is there as a whole or not at all: made as a draft beside its place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overlay.errors import BadSettings


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A private draft that takes the place of `path` when the block ends well, and is gone otherwise.

    Raises BadSettings when something is at `path` already, or it cannot be made.
    """
    path = path.expanduser().absolute()
    if is_taken(path):
        raise BadSettings(f"{path} is there already: name a folder that is not, or remove it first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise BadSettings(f"{path} cannot be made: {error.strerror}") from error
    try:
        yield draft
        draft.rename(path)
    except OSError as error:
        raise BadSettings(f"{path} cannot be made: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # after the rename there is none


def is_taken(path: Path) -> bool:
    """Whether anything but an empty folder is there. Raises BadSettings when that cannot be seen."""
    try:
        return path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir())))
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
