"""The audit log of a database file, read beside the process that writes it, or when none does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overlay.audit import AUDIT_SCHEMA, AuditLog
from overlay.clock import system_clock
from overlay.errors import BadSettings

_WAIT_S = 5.0


@contextmanager
def audit_file(path: Path) -> Iterator[AuditLog]:
    """The log as it is now, to read; nothing in the file is changed. A file that its service has not written
    yet holds no entry. Raises BadSettings.
    """
    db: sqlite3.Connection | None = None
    try:
        db = _open(path)
        db.execute("BEGIN")  # one state, whatever is written meanwhile
        yield AuditLog(db, system_clock, 1)
    except (OSError, sqlite3.Error) as error:
        raise BadSettings(
            f"the audit log in {path} cannot be read: {error}. Keep the file and look into it"
        ) from error
    finally:
        if db is not None:
            db.close()


def _open(path: Path) -> sqlite3.Connection:
    if path.stat().st_size == 0:
        empty = sqlite3.connect(":memory:", isolation_level=None)
        empty.executescript(AUDIT_SCHEMA)
        return empty
    where = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(where, uri=True, isolation_level=None, timeout=_WAIT_S)
