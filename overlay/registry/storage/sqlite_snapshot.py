"""The whole content of a registry's SQLite file: read while it is in use, written into a new file."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from overlay.audit import Row
from overlay.database import transaction
from overlay.errors import BadSettings
from overlay.naming.ids import REGISTRY
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.snapshot import AHEAD, Snapshot
from overlay.registry.storage.sqlite_file import open_store_file

_WAIT_S = 5.0


def read_store_file(path: Path) -> Snapshot:
    """As it is at this moment; nothing in the file is changed. Raises BadSettings."""
    with _reading(path) as db:
        return _read(db)


def audits_of_others(path: Path) -> dict[str, list[Row]]:
    """The audit logs of other replicas, from a backup. A file that its registry has not written yet holds
    none. Raises BadSettings.
    """
    if path.exists() and path.stat().st_size == 0:
        return {}
    with _reading(path) as db:
        return _others(db)


def look_into(path: Path) -> tuple[str, int, int]:
    """Identity, newest revision, and number of keys. Raises BadSettings."""
    with _reading(path) as db:
        query = "SELECT (SELECT log FROM history), coalesce(max(revision), 0), count(*) FROM entries"
        log, revision, keys = db.execute(query).fetchone()
        return str(log), int(revision), int(keys)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        where = f"{path.resolve(strict=True).as_uri()}?mode=ro"
        with closing(sqlite3.connect(where, uri=True, isolation_level=None, timeout=_WAIT_S)) as db:
            db.execute("BEGIN")  # one state, whatever is written meanwhile
            yield db
    except (OSError, sqlite3.Error) as error:
        raise BadSettings(
            f"{path} cannot be read as a registry's store: {error}. Has its registry been started?"
        ) from error


def write_store_file(path: Path, snapshot: Snapshot) -> str:
    """Into a file that is not there yet. Returns the identity of the new history. Raises BadSettings,
    Unavailable.
    """
    log = secrets.token_hex(16)
    first = snapshot.revision + AHEAD
    with closing(open_store_file(path)) as db, transaction(db):
        db.execute("INSERT INTO history VALUES (?)", (log,))
        rows = ((first + number, entry.key, entry.value) for number, entry in enumerate(snapshot.entries))
        db.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
        for replica, audit in snapshot.audits.items():
            if replica == REGISTRY:
                db.executemany("INSERT INTO audit VALUES (?, ?, ?)", audit)
            else:
                others = ((replica, *row) for row in audit)
                db.executemany("INSERT INTO other_audits VALUES (?, ?, ?, ?)", others)
    return log


def _read(db: sqlite3.Connection) -> Snapshot:
    found = Snapshot(db.execute("SELECT log FROM history").fetchone()[0])
    found.entries = [
        Entry(*row) for row in db.execute("SELECT key, value, revision FROM entries ORDER BY revision")
    ]
    if found.entries:
        found.revision = found.entries[-1].revision
    own = db.execute("SELECT number, entry, hash FROM audit ORDER BY number").fetchall()
    if own:
        found.audits[REGISTRY] = own
    found.audits |= _others(db)
    return found


def _others(db: sqlite3.Connection) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    others = "SELECT replica, number, entry, hash FROM other_audits ORDER BY replica, number"
    for replica, *row in db.execute(others):
        found.setdefault(replica, []).append((row[0], row[1], row[2]))
    return found
