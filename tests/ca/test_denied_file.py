"""What another process that lets parties in reads in the CA's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from overlay.ca.protocol import Reason, Revoke
from overlay.ca.revocation.denied_file import DENIED, DeniedFile
from overlay.errors import Unavailable
from tests.ca.office import Office


def test_a_revocation_counts_from_the_moment_it_is_committed(office: Office) -> None:  # CA-8
    mine, other = office.enrol("alice"), office.enrol("bob")
    with DeniedFile(office.path) as denied:
        assert not denied.denies(mine.identity.serial)
        office.authority.revoke(office.operator(), Revoke(Reason.WITHDRAWN, name="alice"))
        assert denied.denies(mine.identity.serial)
        assert not denied.denies(other.identity.serial)


def test_a_finished_join_token_lets_nobody_in_any_more(office: Office) -> None:
    invitation = office.invite("alice")
    with DeniedFile(office.path) as denied:
        serial = invitation.certificate.identity.serial
        assert not denied.denies(serial)
        office.store.mark_swept(invitation.token.id)
        assert denied.denies(serial)


def test_a_backup_that_is_put_in_its_place_is_read(office: Office, tmp_path: Path) -> None:
    mine = office.enrol("alice")
    with DeniedFile(office.path) as denied:
        with (
            closing(sqlite3.connect(office.path)) as old,
            closing(sqlite3.connect(tmp_path / "copy")) as copy,
        ):
            old.backup(copy)
        office.authority.revoke(office.operator(), Revoke(Reason.WITHDRAWN, name="alice"))
        assert denied.denies(mine.identity.serial)
        office.store.close()
        for beside in ("-wal", "-shm"):  # of the file before: docs/deployment.md
            office.path.with_name(office.path.name + beside).unlink()
        (tmp_path / "copy").replace(office.path)
        assert not denied.denies(mine.identity.serial)


def test_a_database_that_is_not_there_lets_nobody_in(tmp_path: Path) -> None:
    with DeniedFile(tmp_path / "ca.db") as denied, pytest.raises(Unavailable, match="nobody is let in"):
        denied.denies(1)


def test_a_decision_goes_through_no_table(office: Office) -> None:
    with closing(sqlite3.connect(office.path)) as db:
        plan = [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {DENIED}", {"serial": "1"})]
    assert sum("SEARCH" in line for line in plan) == 4
    assert [line for line in plan if line.startswith("SCAN") and "CONSTANT" not in line] == []
