"""A gateway that comes back to a hundred peers: all are linked, with bounded work (GW-23)."""

from __future__ import annotations

import asyncio

import pytest

from bridges.links.peer import Peer
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import link_process, process_inbox
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Transport
from overlay.transport.memory import MemoryTransport
from tests.links import Side, link_settings

PEERS = 100
LIMIT_S = 150.0
pytestmark = pytest.mark.timeout(240)


def rim(hub: Side, number: int) -> Side:
    """A domain that dials the hub."""
    side = Side(f"r{number}.example", hub.settings)
    name = link_name(side.name)
    for slot in ("s0", "s1"):  # all its slots would make the broker in memory slow
        hub.domain.broker.ensure((link_process(name, slot), process_inbox(name, slot, news=False)))

    async def dial(_: Peer) -> Transport:
        return await MemoryTransport.connect(hub.domain.broker, name, side.settings, lambda *_: None)

    side.dial = dial
    address = BrokerAddress.parse(f"memory://{hub.name}")
    side.registry.peer_list = [Peer(hub.name, hub.domain.bundle, GATEWAY, (address,))]
    hub.registry.peer_list.append(Peer(side.name, side.domain.bundle, GATEWAY))
    return side


async def test_a_gateway_that_comes_back_to_a_hundred_peers_is_linked_with_all() -> None:
    settings = link_settings(
        gateway_poll_s=30.0,
        link_handshake_s=20.0,
        gateway_gone_s=60.0,
        link_heartbeat_s=20.0,
        link_silence_s=120.0,
        link_look_s=5.0,
    )
    hub = Side("hub.example", settings)

    async def no_dial(_: Peer) -> Transport:
        raise AssertionError("the hub dials nobody")

    hub.dial = no_dial
    rims = [rim(hub, number) for number in range(PEERS)]
    try:
        await asyncio.gather(*(side.start() for side in rims))  # all greet already
        await hub.start()
        async with asyncio.timeout(LIMIT_S):
            while sum(link.online for link in hub.gateway.peers.links.values()) < PEERS:
                await asyncio.sleep(0.1)
        counters = hub.gateway.counters
        assert sum(count for name, count in counters.items() if name.startswith("hello-")) <= PEERS
        assert len(hub.domain.broker.sent) < PEERS * 100
    finally:
        await asyncio.gather(hub.close(), *(side.close() for side in rims))
