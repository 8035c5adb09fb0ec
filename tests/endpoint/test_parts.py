"""Parts of the endpoint by themselves."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from overlay.endpoint.background import beside
from overlay.endpoint.claims import Claims
from overlay.endpoint.failures import _tree, error_content, error_of
from overlay.endpoint.home import Home
from overlay.endpoint.sender_limit import SenderLimit
from overlay.endpoint.state_file import StateFile
from overlay.errors import BadSettings, Failed, NotFound, OverlayError, Overloaded, Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from tests.memory_domain import MemoryDomain

ALICE = PartyId.of("alice", "a.example")


def test_a_sender_gets_a_burst_of_complaints_then_a_rate_and_senders_are_bounded() -> None:
    now = 0.0
    limit = SenderLimit(rate_per_s=2.0, burst=3, size=2, clock=lambda: now)
    assert [limit.allow("a") for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [limit.allow("a") for _ in range(2)] == [True, False]
    assert limit.allow("b")
    assert limit.allow("c")
    assert len(limit._buckets) == 2


def test_reasons_become_errors_again_and_unknown_ones_mean_failed() -> None:
    error = error_of("not-found", b"no bob")
    assert (type(error), str(error)) == (NotFound, "no bob")
    assert type(error_of("from-a-later-version", b"?")) is Failed
    assert len(str(error_of("failed", b"\xff" * 100_000))) == 1000


def test_who_is_overloaded_says_when_to_come_back_and_nobody_is_sent_away_for_longer_than_an_hour() -> None:
    content = error_content(Overloaded("too many", 12.3), ALICE, bytes(16))  # REG-10
    error = error_of(content.reason, content.body, content.wants, content.retry_after_ms)
    assert (type(error), str(error)) == (Overloaded, "too many")
    assert isinstance(error, Overloaded)
    assert error.retry_after_s == 12.3
    for told, believed in ((1 << 62, 3600.0), (-5, 0.0)):
        liar = error_of("overloaded", b"", (), told)
        assert isinstance(liar, Overloaded)
        assert liar.retry_after_s == believed


async def test_the_first_failure_beside_a_block_ends_it() -> None:
    ended = asyncio.Event()

    async def fail() -> None:
        raise NotFound("gone")

    async def last() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(NotFound, match="gone"):
        async with beside(last(), fail()):
            await asyncio.Event().wait()
    assert ended.is_set()


def test_a_home_gives_back_the_party_that_was_saved(tmp_path: Path) -> None:
    domain, home = MemoryDomain(), Home(tmp_path / "alice")
    credentials = domain.credentials("alice", skills=("network.repair",))
    assert not home.exists()
    home.save(credentials, domain.card)
    party = home.load(Settings())
    assert home.exists()
    assert (party.id, party.credentials.identity) == (ALICE, credentials.identity)
    assert party.credentials.sealing[0].public == credentials.sealing[0].public
    assert party.domain_card == domain.card
    assert party.tls is not None
    assert party.tls.ca.read_bytes() == domain.card.roots[0]
    assert party.trust_store().verify(credentials.certificate, domain.clock()).party == ALICE


@pytest.mark.parametrize("name", ["key.pem", "sealing.keys", ""])
def test_a_home_that_others_can_read_is_not_used(tmp_path: Path, name: str) -> None:
    domain, home = MemoryDomain(), Home(tmp_path / "alice")
    home.save(domain.credentials("alice"), domain.card)
    (home.folder / name).chmod(0o755)
    with pytest.raises(BadSettings, match="chmod"):
        home.load(Settings())


def test_a_home_with_parts_of_two_parties_is_not_used(tmp_path: Path) -> None:
    domain, home = MemoryDomain(), Home(tmp_path / "alice")
    home.save(domain.credentials("alice"), domain.card)
    home.key.write_bytes(domain.credentials("alice").key.to_pem())
    with pytest.raises(BadSettings, match="no usable party"):
        home.load(Settings())


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    path, message_id = tmp_path / "claims", bytes(16)
    code = (
        "import sys; from pathlib import Path; from overlay.endpoint.claims import Claims; "
        "from overlay.naming.ids import PartyId; claims = Claims(Path(sys.argv[1])); "
        "print(claims.take(PartyId('alice', 'a.example'), bytes(16)), flush=True); sys.stdin.read()"
    )
    claims = Claims(path)
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n"
        assert not claims.take(ALICE, message_id)
        process.kill()
        process.wait()
        assert claims.take(ALICE, message_id)
        assert not claims.take(ALICE, message_id)
        claims.release(ALICE, message_id)
        assert claims.take(ALICE, message_id)
    claims.close()


async def test_a_state_file_is_written_by_two_processes_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    errors: list[Exception] = []
    schema = "CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY)"
    both = [StateFile(path, schema, 20.0, lambda where, error: errors.append(error)) for _ in range(2)]
    insert = "INSERT INTO numbers VALUES (?)"
    await asyncio.gather(*(both[number % 2].write(insert, (number,)) for number in range(200)))
    both[0].write_soon(insert, (1000,))
    both[1].write_soon("INSERT INTO nowhere VALUES (1)")
    for database in both:
        await database.close()
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT COUNT(*) FROM numbers").fetchone() == (201,)
    connection.close()
    assert [type(error) for error in errors] == [Unavailable]
    with pytest.raises(OverlayError, match="closed"):
        await both[0].write(insert, (1,))


async def test_what_no_file_can_hold_fails_alone_and_others_are_written(tmp_path: Path) -> None:
    schema = "CREATE TABLE numbers (number INTEGER PRIMARY KEY)"
    insert = "INSERT INTO numbers VALUES (?)"
    file = StateFile(tmp_path / "state.db", schema, 20.0, lambda where, error: None)
    told = await asyncio.gather(
        *(file.write(insert, (number,)) for number in (1, 2**64, 2)), return_exceptions=True
    )
    assert [type(one) for one in told] == [type(None), Unavailable, type(None)]
    with pytest.raises(Unavailable):
        file.read("SELECT number FROM numbers WHERE number = ?", (2**64,))
    assert file.read("SELECT number FROM numbers") == [(1,), (2,)]
    await file.close()


def test_a_class_without_a_reason_of_its_own_does_not_stand_for_its_parent() -> None:
    class Special(Refused):
        pass

    assert _tree(OverlayError)[Special.reason] is Refused
