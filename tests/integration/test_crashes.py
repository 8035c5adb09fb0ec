"""Processes killed in the middle of work, and receivers that are away: what was accepted arrives, once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from overlay.brokers.pid_file import PidFile
from overlay.endpoint.message import Sent
from overlay.errors import Unavailable
from tests.integration.conftest import Federation, Pair
from tests.integration.people import LIMIT_S, Person, fresh, member, present, until

_ASK_AGAIN_S = 5.0
pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
BODIES = [f"{number}".encode() for number in range(200)]
_AT_ONCE = 20


async def test_both_gateways_killed_in_the_middle_lose_and_repeat_nothing(pair: Pair) -> None:
    # GW-24, AG-10
    async with present(pair.near, "alice") as alice, present(pair.far, "bob") as bob:
        await alice.hears_of(bob)
        sending = asyncio.create_task(_send_all(alice, bob, BODIES))
        await bob.has(1)
        _kill(pair.near.run / "gateway.pid")
        _kill(pair.far.run / "gateway.pid")
        await _each_handled_once(bob, await sending)


async def test_a_nats_server_killed_in_the_middle_loses_nothing_that_was_accepted(
    federation: Federation,
) -> None:  # AG-10
    async with present(federation["b"], "alice") as alice, present(federation["b"], "bob") as bob:
        await alice.hears_of(bob)
        sending = asyncio.create_task(_send_all(alice, bob, BODIES))
        await bob.has(1)
        _kill(federation["b"].broker / "pid")
        await _each_handled_once(bob, await sending)
        await until(lambda: _found(alice, bob))


async def _found(asker: Person, other: Person) -> bool:
    """A question is realtime: one asked while the registry is still reconnecting is lost, and asked again."""
    try:
        async with asyncio.timeout(_ASK_AGAIN_S):
            return bool((await asker.agent.discover(other.skill)).matches)
    except TimeoutError:
        return False


async def test_what_was_sent_to_an_agent_that_is_away_waits_for_it(pair: Pair) -> None:  # GW-24
    async with present(pair.near, "alice") as alice:
        bob = await member(pair.far, fresh("bob"))
        async with bob.agent:
            await alice.hears_of(bob)
            to = bob.id
        await alice.misses(bob)
        sent = await alice.agent.send(to, b"for later", skill=bob.skill, reliable=True)
        assert not bob.handled
        async with bob.agent:
            await _receipts([sent])
            assert bob.handled == {b"for later": 1}


async def _send_all(sender: Person, receiver: Person, bodies: Iterable[bytes]) -> list[Sent]:
    """Some at a time. What the broker did not confirm is sent once more, as an application would."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def send(body: bytes) -> Sent:
        async with room:
            while True:
                try:
                    return await sender.agent.send(receiver.id, body, skill=receiver.skill, reliable=True)
                except Unavailable:
                    await asyncio.sleep(0.1)

    async with asyncio.timeout(LIMIT_S):
        return await asyncio.gather(*(send(body) for body in bodies))


async def _each_handled_once(receiver: Person, sent: Sequence[Sent]) -> None:
    """After all receipts."""
    await _receipts(sent)
    assert set(receiver.handled) == set(BODIES)
    assert set(receiver.ids) >= {one.id for one in sent}
    assert set(receiver.ids.values()) == {1}


async def _receipts(sent: Sequence[Sent]) -> None:
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*(one.receipt() for one in sent))


def _kill(pid_file: Path) -> None:
    process = PidFile(pid_file).find()
    assert process is not None, f"no process lives by {pid_file}"
    process.kill()
