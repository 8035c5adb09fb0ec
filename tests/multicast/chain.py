"""Three domains in memory: b is the parent of a and of c, who have no link with each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bridges.links.peer import Peer
from overlay.channels.protocol import Route
from overlay.naming.ids import GATEWAY, PartyId, link_name
from overlay.naming.mailboxes import agent_inbox, mailboxes_of_link
from overlay.naming.subjects import Class, ToChannel
from overlay.registry.peers.relation import Relation, Standing
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Transport
from overlay.transport.memory import MemoryTransport
from overlay.wire.envelope import Header
from tests.dict_registry import eventually
from tests.links import Inbox, Side, envelope, link_settings

CHANNEL = PartyId("case", "a.example")


class Chain:
    """a – b – c. The channel's home is a."""

    def __init__(self, settings: Settings) -> None:
        self.a, self.b, self.c = (Side(f"{name}.example", settings) for name in "abc")
        self.sides = (self.a, self.b, self.c)
        self._link(self.a, self.b)
        self._link(self.c, self.b)

    def _link(self, child: Side, parent: Side) -> None:
        address = BrokerAddress.parse(f"memory://{parent.name}")
        upwards = Peer(parent.name, parent.domain.bundle, GATEWAY, (address,))
        downwards = Peer(child.name, child.domain.bundle, GATEWAY)
        for here, peer, relation in (
            (child, upwards, Relation.PARENT),
            (parent, downwards, Relation.CHILD),
        ):
            here.registry.peer_list.append(replace(peer, standing=Standing(relation)))
            here.domain.broker.ensure(mailboxes_of_link(link_name(peer.domain)))
        child.dial = _dial(child, parent)
        parent.dial = _dial(parent, child)

    async def start(self) -> None:
        """All of them, linked."""
        for side in (self.b, self.a, self.c):
            await side.start()
        await eventually(
            lambda: all(link.online for side in self.sides for link in side.gateway.peers.links.values())
        )

    def members(self, *sides: Side) -> None:
        """These domains have members in the channel; a, whose home it is, is told of all."""
        domains = tuple(sorted(side.name for side in sides))
        for side in self.sides:
            local = side in sides
            known = domains if side is self.a else ((side.name,) if local else ())
            side.registry.channels[str(CHANNEL)] = Route(str(CHANNEL), local, known)
            side.registry.tell_channels()

    async def wanted(self, here: Side, *peers: Side) -> None:
        """Returns when what is published here goes to exactly these."""
        names = {peer.name for peer in peers}
        await eventually(lambda: set(here.gateway.multicast.forest.targets(str(CHANNEL))) == names)


async def reader(side: Side, name: str) -> Inbox:
    """An agent that reads the channel."""
    box = agent_inbox(name, (CHANNEL,))
    side.domain.broker.ensure((box,))
    inbox = Inbox()
    transport = await side.transport(name)
    await transport.read(box, inbox.take_realtime)
    await transport.read_stored(box, inbox.take_stored)
    return inbox


async def publish(side: Side, author: str, body: bytes = b"sealed", **changes: object) -> Header:
    """As a member does."""
    header, payload = envelope(f"{author}@{side.name}", str(CHANNEL), body, **changes)
    subject = str(ToChannel(header.cls, header.priority, CHANNEL.domain, CHANNEL.name, author))
    if header.cls is Class.REALTIME:
        side.domain.broker.publish(subject, payload)
    else:
        side.domain.broker.store(subject, payload, header.id.hex(), 3600.0)
    return header


def _dial(here: Side, there: Side) -> Callable[[Peer], Awaitable[Transport]]:
    async def dial(_: Peer) -> Transport:
        return await MemoryTransport.connect(
            there.domain.broker, link_name(here.name), here.settings, here._on_error
        )

    return dial


@asynccontextmanager
async def chain(**changes: object) -> AsyncIterator[Chain]:
    """Started, and stopped with the block."""
    made = Chain(link_settings(**changes))
    try:
        await made.start()
        yield made
    finally:
        for side in made.sides:
            await side.close()
