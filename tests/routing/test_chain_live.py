"""Three domains in a row, NATS – RabbitMQ – NATS: their ends reach each other through the one between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from overlay.brokers.pid_file import PidFile
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import add_peer, export_peering, pin_far
from overlay.gateway.client import GatewayClient
from overlay.registry.peers.restanding import Restanding
from overlay.transport.address import BrokerKind
from tests.integration.people import LIMIT_S, Person, present, until
from tests.live_domain import overlay

pytestmark = pytest.mark.timeout(300)
ROW = [("a.example", BrokerKind.NATS), ("b.example", BrokerKind.RABBITMQ), ("c.example", BrokerKind.NATS)]
BODIES = [b"%d" % number for number in range(60)]


@asynccontextmanager
async def row() -> AsyncIterator[Sequence[DomainFolder]]:
    """a and c are linked with b only, and believe each other's roots."""
    carried = Restanding(transit=True)
    async with throwaway(ROW, linked=False) as folders:
        a, b, c = folders
        for end in (a, c):
            request, _ = export_peering(end)
            added = await add_peer(b, request, standing=carried)
            await add_peer(end, added.answer, standing=carried)
        for here, other in ((a, c), (c, a)):
            text, _ = export_peering(other)
            await pin_far(here, text)
        for here, domain in ((a, "c.example"), (c, "a.example")):
            await _knows(here, domain)
        yield folders


async def _knows(folder: DomainFolder, domain: str) -> None:
    async with operator(folder) as hand:
        gateway = GatewayClient(hand.endpoint)

        async def told() -> bool:
            return domain in {route.destination for route in await gateway.routes()}

        await until(told)


async def test_the_ends_of_a_row_ask_each_other_and_lose_nothing_when_the_gateway_between_is_killed() -> None:
    # GW-7, GW-8
    async with (
        row() as (a, b, c),
        present(a, "alice") as alice,
        present(c, "carol") as carol,
    ):
        answer = await alice.agent.ask(carol.id, b"there and back", skill=carol.skill, timeout_s=LIMIT_S)
        assert answer.body == b"there and back"
        sending = asyncio.create_task(_send_all(alice, carol))
        await carol.has(5)
        between = PidFile(b.run / "gateway.pid").find()
        assert between is not None
        between.kill()
        async with asyncio.timeout(LIMIT_S):
            await sending
        assert set(carol.handled) >= set(BODIES)
        assert set(carol.ids.values()) == {1}
        await _knows(a, "c.example")
        said = await overlay("route", "explain", str(carol.id), "--home", str(a.path))
        assert "b.example → c.example" in said.out
        assert "c.example" in (await overlay("route", "list", "--home", str(b.path))).out


async def _send_all(sender: Person, receiver: Person) -> None:
    """Returns when all were handled there."""
    sent = [
        await sender.agent.send(receiver.id, body, skill=receiver.skill, reliable=True) for body in BODIES
    ]
    await asyncio.gather(*(one.receipt() for one in sent))
