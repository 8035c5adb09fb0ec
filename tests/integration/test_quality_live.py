"""Caps on live brokers: bulk waits at the broker, what matters passes it there, and nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from overlay.domain.operator import Operator, operator
from overlay.gateway.client import GatewayClient
from overlay.naming.subjects import Priority
from overlay.quality.caps import Cap, CapsPolicy
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import Person, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
_BULK = 40


@pytest.mark.parametrize("near", ["a", "c"])  # on NATS, and on RabbitMQ
async def test_bulk_that_waits_for_its_cap_holds_up_nothing_and_arrives(  # GW-13, GW-15
    federation: Federation, near: str
) -> None:
    here, there = federation[near], federation["d" if near == "c" else "b"]
    await linked(Pair(here, there))
    async with (
        operator(here) as desk,
        present(here, "greedy") as greedy,
        present(here, "anna") as anna,
        present(there, "bob") as bob,
    ):
        await greedy.hears_of(bob)
        await anna.hears_of(bob)
        slow = Cap(messages_per_s=1, burst_s=1)
        await desk.peers.set_caps(CapsPolicy(agents={str(greedy.id): slow}))
        try:
            await until(lambda: _is_capped(desk, greedy, bob))
            bulk = [
                await greedy.agent.send(
                    bob.id, b"%d" % number, skill=bob.skill, reliable=True, priority=Priority.BULK
                )
                for number in range(_BULK)
            ]
            urgent = await anna.agent.send(
                bob.id, b"urgent", skill=bob.skill, reliable=True, priority=Priority.CRITICAL
            )
            await urgent.receipt()
            assert bob.handled.total() < _BULK  # it did not wait for them
        finally:
            await desk.peers.set_caps(CapsPolicy())
        await asyncio.gather(*(sent.receipt() for sent in bulk))
        assert set(bob.handled.values()) == {1}


async def _is_capped(desk: Operator, sender: Person, to: Person) -> bool:
    told = await GatewayClient(desk.endpoint).caps(str(sender.id), str(to.id))
    return any(step.rate == 1 for step in told.steps)
