"""The audit log: complete, and no one changes it unseen."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from overlay.audit import AUDIT_SCHEMA, AuditLog
from overlay.database import open_database, transaction
from overlay.errors import BadSettings, Refused, Unavailable, Untrusted
from tests.ca.office import Office, application, joiner


def tampered(office: Office, *statements: str) -> None:
    """Somebody with the file in hands."""
    office.store.close()
    with sqlite3.connect(office.path) as db:
        db.execute("DROP TRIGGER audit_stays")
        db.execute("DROP TRIGGER audit_keeps")
        for statement in statements:
            db.execute(statement)
    db.close()
    office.open()


def test_what_was_done_and_what_was_refused_is_in_the_log(office: Office) -> None:  # CA-8
    holder = joiner(office.invite("alice"))
    with pytest.raises(Refused):
        office.enrolment.apply(holder, application("bob"))
    office.enrolment.apply(holder, application("alice"))
    entries = office.store.audit.entries()
    assert [(entry.what, entry.about, entry.outcome.split(":")[0]) for entry in entries] == [
        ("token", "alice", "done"),
        ("apply", "bob", "refused"),
        ("apply", "alice", "done"),
    ]
    assert entries[1].who == str(holder.party)
    assert office.store.audit.verify() == 3


def test_the_log_cannot_be_changed_through_the_database(office: Office) -> None:
    office.invite("alice")
    office.store.close()
    db = sqlite3.connect(office.path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        db.execute("DELETE FROM audit")
    db.close()
    office.open()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit SET entry = replace(entry, x'626f62', x'657665') WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET number = number + 10 WHERE number > 1",
        "INSERT INTO audit SELECT 9, entry, hash FROM audit WHERE number = 2",
    ],
)
def test_a_changed_log_does_not_verify(office: Office, attack: str) -> None:
    for name in ("alice", "bob", "carol"):
        office.invite(name)
    tampered(office, attack)
    with pytest.raises(Untrusted, match="changed at entry"):
        office.store.audit.verify()


def test_a_log_that_lost_its_end_does_not_verify_against_a_known_head(office: Office) -> None:
    for name in ("alice", "bob"):
        office.invite(name)
    head = office.store.audit.head()
    office.invite("carol")
    assert office.store.audit.verify(head) == 3
    tampered(office, "DELETE FROM audit WHERE number > 1")
    assert office.store.audit.verify() == 1
    with pytest.raises(Untrusted, match="cut off"):
        office.store.audit.verify(head)


def test_an_entry_goes_with_its_change_or_not_at_all(tmp_path: Path) -> None:
    db = open_database(tmp_path / "log.db", AUDIT_SCHEMA, 1)
    log = AuditLog(db, lambda: 1.0, buffer=100)

    def fail_half_way() -> None:
        with transaction(db):
            log.record("alice", "register", "alice")
            raise RuntimeError

    log.record("alice", "find", "net")
    with pytest.raises(RuntimeError):
        fail_half_way()
    assert [entry.what for entry in log.entries()] == ["find"]
    db.close()


def test_a_full_disk_is_said_and_what_waits_stays_bounded(tmp_path: Path) -> None:
    db = open_database(tmp_path / "log.db", AUDIT_SCHEMA, 1)
    log = AuditLog(db, lambda: 1.0, buffer=4)
    db.execute("PRAGMA max_page_count = 1")
    waits: list[int] = []

    def ask() -> None:
        for _ in range(1000):
            log.note("alice", "find", "net" * 100)
            waits.append(len(log._waiting))

    with pytest.raises(Unavailable, match="full"):
        ask()
    with pytest.raises(Unavailable, match="full"):
        log.record("bob", "register", "bob")
    assert (len(log._waiting), max(waits), db.in_transaction) == (4, 4, False)
    db.execute("PRAGMA max_page_count = 100000")
    log.flush()
    assert {entry.who for entry in log.entries()} == {"alice"}
    assert log.verify() % 4 == 0
    db.close()


def test_a_database_of_another_schema_is_refused_and_files_are_private(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    open_database(path, AUDIT_SCHEMA, 1).close()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(BadSettings, match="has schema 1, this program reads 2"):
        open_database(path, AUDIT_SCHEMA, 2)
    path.write_bytes(b"this is no database, but long enough to be looked at" * 100)
    with pytest.raises(BadSettings, match="not a usable database"):
        open_database(path, AUDIT_SCHEMA, 1)
