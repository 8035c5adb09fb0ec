"""Three domains in a row, of both brokers: the ends reach each other through the one between (GW-8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from overlay.brokers.pid_file import PidFile
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import export_peering, pin_far, set_peer
from overlay.gateway.client import GatewayClient
from overlay.registry.peers.relation import Relation
from overlay.registry.peers.restanding import Restanding
from tests.integration.people import LIMIT_S, Person, present, until
from tests.live_domain import overlay

pytestmark = pytest.mark.timeout(400)  # it may be the one that starts three domains
BODIES = [b"%d" % number for number in range(60)]
CARRIED = Restanding(Relation.PEER, transit=True)


@asynccontextmanager
async def row(relatives: Mapping[str, DomainFolder]) -> AsyncIterator[None]:
    """For the block, they are peers that carry for each other; the ends believe each other's roots."""
    parent, ends = relatives["p"], (relatives["a"], relatives["d"])
    try:
        for here, other in (ends, ends[::-1]):
            await set_peer(parent, here.path.name, CARRIED)
            await set_peer(here, parent.path.name, CARRIED)
            await pin_far(here, export_peering(other)[0])
        for here, other in (ends, ends[::-1]):
            await _knows(here, other.path.name)
        yield
    finally:
        for here, other in (ends, ends[::-1]):
            await set_peer(parent, here.path.name, Restanding(Relation.CHILD, transit=False))
            await set_peer(here, parent.path.name, Restanding(Relation.PARENT, transit=False))
            async with operator(here) as hand:
                await hand.peers.far_forget(other.path.name)


async def _knows(folder: DomainFolder, domain: str) -> None:
    async with operator(folder) as hand:
        gateway = GatewayClient(hand.endpoint)

        async def told() -> bool:
            return domain in {route.destination for route in await gateway.routes()}

        await until(told)


async def test_the_ends_of_a_row_ask_each_other_and_lose_nothing_when_the_gateway_between_is_killed(
    relatives: Mapping[str, DomainFolder],
) -> None:  # GW-7, GW-8
    a, between, d = (relatives[name] for name in "apd")
    async with row(relatives), present(a, "alice") as alice, present(d, "dora") as dora:
        answer = await alice.agent.ask(dora.id, b"there and back", skill=dora.skill, timeout_s=LIMIT_S)
        assert answer.body == b"there and back"
        sending = asyncio.create_task(_send_all(alice, dora))
        await dora.has(5)
        process = PidFile(between.run / "gateway.pid").find()
        assert process is not None
        process.kill()
        async with asyncio.timeout(LIMIT_S):
            await sending
        assert set(dora.handled) >= set(BODIES)
        assert set(dora.ids.values()) == {1}
        await _knows(a, "d.example")
        said = await overlay("route", "explain", str(dora.id), "--home", str(a.path))
        assert "p.example → d.example" in said.out
        traced = await overlay("route", "trace", "gw@d.example", "--json", "--home", str(a.path))
        assert [hop["domain"] for hop in json.loads(traced.out)["hops"]] == ["p.example", "d.example"]


async def _send_all(sender: Person, receiver: Person) -> None:
    """Returns when all were handled there."""
    sent = [
        await sender.agent.send(receiver.id, body, skill=receiver.skill, reliable=True) for body in BODIES
    ]
    await asyncio.gather(*(one.receipt() for one in sent))
