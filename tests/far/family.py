"""A parent and its children, live: each child is linked with the parent only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from overlay.agent.agent import Agent
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import add_peer, export_peering
from overlay.domain.residents import resident
from overlay.registry.peers.relation import Relation
from overlay.transport.address import BrokerKind

NATS, RABBITMQ = BrokerKind.NATS, BrokerKind.RABBITMQ


@asynccontextmanager
async def family(*children: tuple[str, BrokerKind]) -> AsyncIterator[dict[str, DomainFolder]]:
    """p.example on NATS and its children, up and linked."""
    names = [("p.example", NATS), *children]
    async with throwaway(names, linked=False) as folders:
        parent, *rest = folders
        for child in rest:
            request, _ = export_peering(child)
            added = await add_peer(parent, request)
            await add_peer(child, added.answer)
            await _relate(parent, child.path.name, Relation.CHILD)
            await _relate(child, parent.path.name, Relation.PARENT)
        yield {folder.path.name.partition(".")[0]: folder for folder in folders}


async def _relate(folder: DomainFolder, domain: str, relation: Relation) -> None:
    async with operator(folder) as hand:
        (peer,) = [peer for peer in await hand.peers.all() if peer.domain == domain]
        await hand.peers.add(replace(peer, relation=relation))


async def agent(folder: DomainFolder, name: str, *allow: str) -> Agent:
    """One that answers with its own ID, and lets these domains in."""
    home = await resident(folder, name, ("far.echo",))
    made = Agent(home, access=allow)

    @made.serves("far.echo")
    async def echo(message: object) -> str:
        return name

    return made
