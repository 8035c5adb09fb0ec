"""SQLite files that keep what must not be lost: private, written through to the disk, one schema each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overlay.errors import BadSettings, Unavailable


def open_database(path: Path, schema: str, version: int) -> sqlite3.Connection:
    """The file at `path`, made with `schema` if it is not there. A commit returns when the disk has it. It is
    for the thread that opens it.

    Raises BadSettings when it is no database, or one of another `version`.
    """
    try:
        path.touch(mode=0o600)
        db = sqlite3.connect(path, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise BadSettings(f"{path} cannot be opened: {error}. Check the folder and its owner") from error
    try:
        _prepare(db, path, schema, version)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, schema: str, version: int) -> None:
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            db.executescript(f"BEGIN IMMEDIATE;{schema};PRAGMA user_version = {version};COMMIT")
            return
    except sqlite3.Error as error:
        raise BadSettings(f"{path} is not a usable database: {error}. Restore it from a backup") from error
    if found != version:
        raise BadSettings(
            f"{path} has schema {found}, this program reads {version}: use the program that made it"
        )


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that happens inside is on the disk afterwards, or, if it raised, nothing of it.

    Raises Unavailable when the disk is full, or cannot be written.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except BaseException as error:
        if db.in_transaction:  # SQLite itself may have ended it
            db.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"the database cannot be written: {error}. Make room on its disk") from error
        raise
