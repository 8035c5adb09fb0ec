"""Agents renew their certificates by themselves (CA-5)."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest

from overlay.agent import new_certificate
from overlay.ca.protocol import Reason, Revoke, State
from overlay.endpoint import home as homes
from overlay.endpoint.home import Home
from overlay.errors import Expired, Refused, TimedOut
from overlay.naming.ids import OPERATOR
from overlay.private_files import write_private
from overlay.trust.identity import Role
from tests.agent.renewing import DAY_S, LIMIT_S, SETTINGS, Town, soon, town
from tests.endpoint.handlers import Inbox, echo
from tests.endpoint.waiting import until


class Killed(BaseException):
    """The process ended here."""


def age_sealing_key(home: Home, days: float) -> None:
    """As if it had been made so long before the tests' time."""
    made = 1_800_000_000.0 - days * DAY_S
    os.utime(home.sealing, (made, made))


async def test_a_certificate_is_renewed_when_it_is_due_and_not_before(tmp_path: Path) -> None:  # CA-5
    async with town(tmp_path) as place:
        home = await place.home("alice")
        async with place.process(home) as (alice, renewal):
            old, key = alice.identity, alice.party.credentials.key.public
            assert not await soon(renewal)
            place.later(2.2)
            assert await soon(renewal)
            assert not await soon(renewal)
            assert alice.identity.not_after > old.not_after
            assert (alice.identity.skills, place.state(alice)) == (old.skills, State.VALID)
            assert alice.party.credentials.key.public != key
            assert place.load(home).credentials.identity == alice.identity
            assert (await place.directory.card(alice.me)).identity.serial == alice.identity.serial


async def test_the_processes_of_an_agent_ask_once_and_all_go_on(tmp_path: Path) -> None:  # CA-5
    async with town(tmp_path) as place:
        home, other = await place.home("bob"), await place.home("alice")
        age_sealing_key(home, 30)
        async with (
            place.process(home) as (one, first),
            place.process(home) as (two, second),
            place.process(other) as (alice, _),
        ):
            await one.serve(echo)
            await two.serve(echo)
            place.later(2.2)
            place.enter(alice.party)
            await asyncio.gather(soon(first), soon(second))
            assert one.identity == two.identity
            assert (place.valid("bob"), place.state(two)) == (2, State.VALID)
            assert one.slot != two.slot
            for number in range(10):
                body = b"%d" % number
                assert (await alice.ask(one.me, body, reliable=bool(number % 2))).body == body


async def test_a_process_opens_what_was_sealed_to_the_key_that_another_one_made(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        home, other = await place.home("bob"), await place.home("alice")
        age_sealing_key(home, 30)
        async with place.process(home) as (behind, _), place.process(other) as (alice, _):
            inbox = Inbox()
            await behind.serve(inbox)
            async with place.process(home) as (one, renewal):
                await renewal.now()
                assert one.party.credentials.sealing[0] != behind.party.credentials.sealing[0]
            await alice.send(behind.me, b"realtime")
            assert (await inbox.next()).body == b"realtime"
            assert behind.identity.serial != one.identity.serial
            await (await alice.send(behind.me, b"stored", reliable=True)).receipt()
            assert [message.body for message in inbox.messages] == [b"realtime", b"stored"]


async def test_what_was_stored_while_its_receiver_was_away_opens_after_both_renewed(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        home, other = await place.home("bob"), await place.home("alice")
        age_sealing_key(home, 30)
        inbox = Inbox()
        async with place.process(other) as (alice, renewal):
            sent = await alice.send(place.load(home).id, b"for later", reliable=True)
            await renewal.now()
            async with place.process(home) as (_, away):
                await away.now()
            async with place.process(home) as (bob, _):
                await bob.serve(inbox)
                async with asyncio.timeout(LIMIT_S):
                    await sent.receipt()
        message = await inbox.next()
        assert (message.body, len(inbox.messages)) == (b"for later", 1)
        assert message.identity.serial != alice.identity.serial


@pytest.mark.parametrize("survived", [0, 1, 2])
async def test_whoever_is_killed_while_saving_leaves_a_usable_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    written: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        if len(written) == survived:
            raise Killed
        written.append(path)
        write_private(path, data)

    async with town(tmp_path) as place:
        home = await place.home("alice")
        age_sealing_key(home, 30)
        async with place.process(home) as (_, renewal):
            with monkeypatch.context() as patch:
                patch.setattr(homes, "write_private", write)
                patch.setattr(Path, "unlink", killed_here)
                with pytest.raises(Killed):
                    await renewal.now()
        assert written == [home.sealing, home.renewed][:survived]
        for _ in range(2):
            place.later(2.2)
            async with place.process(home) as (alice, renewal):
                while await soon(renewal):
                    assert place.state(alice) is State.VALID
        assert place.valid("alice") == 2
        assert sorted(path.name for path in home.folder.glob("*.pem")) == ["renewed.pem", "roots.pem"]


async def test_an_answer_that_was_lost_is_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as place:
        home = await place.home("alice")
        async with place.process(home) as (alice, renewal):
            for _ in range(5):
                with monkeypatch.context() as patch:
                    patch.setattr(new_certificate, "_check", killed_here)
                    with pytest.raises(Killed):
                        await renewal.now()
            assert place.valid("alice") == 2
            await renewal.now()
            assert (place.valid("alice"), place.state(alice)) == (2, State.VALID)
            assert not (home.folder / "renewing.key").exists()


async def test_a_ca_that_is_away_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = Town(tmp_path)
    impatient = SETTINGS.model_copy(update={"ask_timeout_s": 0.05})
    async with place.ca.serving():
        home = await place.home("alice")
        place.later(2.2)
        broker = place.ca.memory.broker
        broker.lose = lambda delivery: delivery.subject.startswith("ov.svc.ca.")
        async with place.process(home, impatient) as (alice, renewal):
            serial = alice.identity.serial
            with pytest.raises(TimedOut):
                await renewal.check()
            running = asyncio.create_task(renewal.run())
            await until(lambda: "is not renewed yet; we try again" in caplog.text)
            assert alice.identity.serial == serial
            broker.lose = lambda _: False
            await until(lambda: alice.identity.serial != serial)
            running.cancel()
            await asyncio.wait([running])
    assert {record.levelno for record in caplog.records if "not renewed" in record.message} == {
        logging.WARNING
    }


async def test_whose_renewal_is_refused_until_the_end_is_told_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with town(tmp_path) as place:
        home = await place.home("alice")
        async with place.process(home) as (alice, renewal):
            boss = place.ca.memory.credentials(OPERATOR, Role.OPERATOR).identity
            place.later(2.2)
            serial = format(alice.identity.serial, "x")
            place.ca.authority.revoke(boss, Revoke(reason=Reason.RETIRED, serial=serial))
            with pytest.raises(Refused):
                await renewal.check()
            running = asyncio.create_task(renewal.run())
            await until(lambda: "is not renewed yet" in caplog.text)
            assert "ERROR" in caplog.text
            place.later(1)
            async with asyncio.timeout(LIMIT_S):
                with pytest.raises(
                    Expired, match=r"join again, with a token .* `overlay ca token alice --again`"
                ):
                    await running


def killed_here(*_: object) -> None:
    raise Killed
