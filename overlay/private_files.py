"""Files and folders that only their owner may read: keys, passwords, configurations that hold them."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from overlay.errors import BadSettings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700 where it is missing; what is there already must be private.

    Raises BadSettings.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(f"the folder {path} cannot be made: {error.strerror}") from error
    check_private(path)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace the file as a whole, mode 0600, safe on disk when this returns. Raises BadSettings."""
    try:
        _replace(path, data)
    except OSError as error:
        raise BadSettings(f"{path} cannot be written: {error.strerror}") from error


def read_private(path: Path) -> bytes:
    """The file's bytes. Raises BadSettings when it is missing or others may read it."""
    check_private(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error


def check_private(path: Path) -> None:
    """Returns if `path` is there and nobody but its owner may open it. Raises BadSettings."""
    try:
        found = path.stat()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
    if found.st_mode & _OTHERS:
        mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise BadSettings(f"{path} may be opened by other users: run `chmod {mode} {path}`")


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:  # mkstemp made it with mode 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
