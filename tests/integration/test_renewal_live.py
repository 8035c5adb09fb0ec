"""An agent that renews its certificate under load, on real brokers (CA-5, AG-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from overlay.ca.protocol import Reason
from overlay.domain.operator import operator
from overlay.endpoint.message import Sent
from overlay.errors import Unavailable
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, SETTINGS, Person, fresh, member, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
ALWAYS_DUE = SETTINGS.model_copy(
    update={
        "renew_after_fraction": 1e-9,
        "renew_spread": 0.0,
        "renew_check_s": 0.2,
        "renew_linger_s": 0.2,
        "nats_pull_lifetime_s": 6.0,
    }
)


class Traffic:
    """Constant messages between two agents, each with a body of its own."""

    def __init__(self, one: Person, two: Person, topic: str) -> None:
        self._one, self._two, self._topic = one, two, topic
        self._over = asyncio.Event()
        self.receipts: list[Sent] = []
        self.said = 0

    async def until(self, enough: Callable[[], bool]) -> None:
        """Talk until it is enough."""
        often, seldom = 0.005, 0.25  # the registry answers so many questions of one party in a minute
        kinds = {self._ask: often, self._ask_back: often, self._publish: seldom, self._store: often}
        async with asyncio.timeout(3 * LIMIT_S), asyncio.TaskGroup() as group:
            for kind, pause_s in kinds.items():
                group.create_task(self._repeat(kind, pause_s))
            while not enough():
                await asyncio.sleep(0.05)
            self._over.set()
        for sent in self.receipts:
            async with asyncio.timeout(LIMIT_S):
                await sent.receipt()

    async def _repeat(self, kind: Callable[[bytes], Awaitable[None]], pause_s: float) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            self.said += 1
            await kind(f"{kind.__name__} {number}".encode())
            await asyncio.sleep(pause_s)

    async def _ask(self, body: bytes) -> None:
        assert (await self._one.agent.ask(self._two.id, body, skill=self._two.skill)).body == body

    async def _ask_back(self, body: bytes) -> None:
        assert (await self._two.agent.ask(self._one.id, body, skill=self._one.skill)).body == body

    async def _publish(self, body: bytes) -> None:
        assert await self._one.agent.publish(self._topic, body) == 1

    async def _store(self, body: bytes) -> None:
        sent = await self._one.agent.send(self._two.id, body, skill=self._two.skill, reliable=True)
        self.receipts.append(sent)


@pytest.mark.parametrize("where", ["a", "c"])
async def test_through_two_renewals_nothing_is_lost_and_nothing_comes_twice(
    federation: Federation, where: str
) -> None:  # CA-5
    folder, topic = federation[where], fresh("test.topic")
    renewing = await member(folder, fresh("renewing"), topic=topic, settings=ALWAYS_DUE)
    async with present(folder, "other") as other, renewing.agent:
        endpoint = renewing.agent.endpoint
        serials = [endpoint.identity.serial]
        slots = {endpoint.slot}

        def twice() -> bool:
            if endpoint.identity.serial != serials[-1]:
                serials.append(endpoint.identity.serial)
                slots.add(endpoint.slot)
            return len(serials) > 2

        traffic = Traffic(other, renewing, topic)
        await traffic.until(twice)

        async def all_came() -> bool:
            return renewing.handled.total() + other.handled.total() >= traffic.said

        await until(all_came)
        assert set(renewing.handled.values()) | set(other.handled.values()) == {1}
        assert len(slots) > 1

        async with operator(folder) as hand:  # the first certificate ends
            await hand.ca.revoke(Reason.SUPERSEDED, serial=format(serials[0], "x"))

        async def answers() -> bool:
            try:
                await other.agent.ask(renewing.id, b"still there?", skill=renewing.skill, timeout_s=3.0)
            except Unavailable:
                return False
            return True

        await until(answers)

        async def registered() -> bool:
            record = await other.agent._here.registry.resolve(renewing.id)
            return int(record.serial, 16) == endpoint.identity.serial

        await until(registered)
