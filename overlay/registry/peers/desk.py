"""Other domains, as asked over the broker by gateways, operators and whoever needs their roots."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from overlay.desk import EVERYBODY, Desk
from overlay.errors import Overloaded
from overlay.registry.peers.protocol import (
    AskBundle,
    AskChanges,
    AskPeers,
    Bundle,
    Changes,
    Learn,
    Learned,
    Peer,
    PeerRemove,
    Peers,
    PeerState,
)
from overlay.registry.protocol import Op
from overlay.registry.registry import Registry
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing

Tell = Callable[[], Awaitable[None]]
"""Tells our domain at once what a peer revoked. Must not raise when it does not succeed."""


class PeersDesk:
    """The operations."""

    def __init__(self, registry: Registry, settings: Settings, tell: Tell) -> None:
        self._registry = registry
        self._settings = settings
        self._tell = tell
        self._rounds: set[tuple[Op, str]] = set()
        self.watchers = 0
        """How many wait for a change now."""

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        self._desk = desk
        gateway, operator = (Role.GATEWAY,), (Role.OPERATOR,)
        desk.on(Op.BUNDLE, EVERYBODY, AskBundle, self._bundle)
        desk.on(Op.CHANGES, gateway + operator, AskChanges, self._changes)
        desk.on(Op.LEARN, gateway, Learn, self._learn)
        desk.on(Op.PEERS, gateway + operator, AskPeers, self._peers)
        desk.on(Op.PEER_ADD, operator, Peer, self._peer_add)
        desk.on(Op.PEER_REMOVE, operator, PeerRemove, self._peer_remove)
        desk.on(Op.PEER_STATE, gateway, PeerState, self._peer_state)
        self._registry.borders.open(desk)
        self._registry.caps.open(desk)
        self._registry.routes.open(desk)
        self._registry.gateways.open(desk)
        self._registry.views.open(desk)
        self._registry.far.open(desk)

    async def _bundle(self, sender: Identity, ask: AskBundle) -> Bundle:
        bundle = await self._registry.find_bundle(ask)
        self._asked_in_rounds(sender, Op.BUNDLE, ask.domain)
        return bundle

    async def _changes(self, _: Identity, ask: AskChanges) -> Changes:
        following = self._registry.following
        changes = following.changes(ask)
        wait_s = min(self._settings.registry_watch_s, ask.wait_s)  # in this order NaN is no wait for ever
        if wait_s > 0 and not changes.full and changes.version == ask.since:
            await self._change_or(ask.since, wait_s)
            changes = following.changes(ask)
        return changes

    async def _change_or(self, since: int, wait_s: float) -> None:
        if self.watchers >= self._settings.registry_watchers:
            raise Overloaded(f"{self.watchers} watch for changes already (registry_watchers)")
        self.watchers += 1
        try:
            async with asyncio.timeout(wait_s):
                while self._registry.following.version <= since:
                    await self._registry.state.change()
        except TimeoutError:
            return
        finally:
            self.watchers -= 1

    async def _learn(self, sender: Identity, ask: Learn) -> Learned:
        learned = await self._registry.learner.learn(sender.party, ask)
        self._registry.pulses.heard_peer(ask.domain)
        if ask.changes.denied:
            await self._tell()
        return learned

    async def _peers(self, sender: Identity, ask: AskPeers) -> Peers:
        self._asked_in_rounds(sender, Op.PEERS, "")
        peers = self._registry.neighbours.peers(ask.after)
        page = peers[: self._settings.registry_page]
        return Peers(tuple(page), more=len(page) < len(peers))

    async def _peer_add(self, sender: Identity, ask: Peer) -> Peer:
        return await self._registry.neighbours.add(sender.party, ask)

    async def _peer_remove(self, sender: Identity, ask: PeerRemove) -> Nothing:
        await self._registry.neighbours.remove(sender.party, ask.domain)
        return Nothing()

    async def _peer_state(self, sender: Identity, ask: PeerState) -> Peer:
        if ask.online:
            self._registry.pulses.heard_peer(ask.domain)
        return await self._registry.neighbours.set_state(sender.party, ask)

    def _asked_in_rounds(self, sender: Identity, what: Op, about: str) -> None:
        """Audit what a gateway asks each `gateway_poll_s` once: more would bury everything else."""
        if sender.role is Role.GATEWAY:
            if (what, about) in self._rounds:
                return
            self._rounds.add((what, about))
        self._desk.asked(sender, what, about)
