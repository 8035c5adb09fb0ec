"""Peers of our domain, and what their registries told us (REG-8, GW-4 … GW-6)."""

from __future__ import annotations

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound, Overloaded
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import SERIALS_AT_ONCE, Denials
from overlay.registry.far.introducer import check_patterns
from overlay.registry.far.protocol import Introducing
from overlay.registry.peers.foreign import check_peer
from overlay.registry.peers.neighbour import Neighbour, Pinned, peer_key
from overlay.registry.peers.protocol import Bundle, Peer, PeerState
from overlay.registry.record import Record
from overlay.registry.search.listing import Listing
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Note, Write
from overlay.registry.storage.keys import HEARD, PEER, rest_of
from overlay.settings import Settings
from overlay.wire.request import encode_struct


class Neighbours:
    """Who they are, and how the operator and our gateways say so."""

    def __init__(
        self,
        domain: str,
        acts: Acts,
        state: State,
        denials: Denials,
        listing: Listing,
        settings: Settings,
        clock: Clock,
    ) -> None:
        """`listing` hears of the records that count."""
        self._listing = listing
        self._domain = domain
        self._acts = acts
        self._state = state
        self._denials = denials
        self._settings = settings
        self._clock = clock
        self._all: dict[str, Neighbour] = {}
        state.on(PEER, lambda entry: self._at(rest_of(entry.key)).take_pin(entry))
        state.on(HEARD, self._take_record)
        denials.on_denied.append(self._denied)

    def begin_again(self) -> None:
        """The store is open: is it the one that the peers' numbers are of?"""
        for neighbour in self._all.values():
            neighbour.begin_again(self._state.log)

    def peers(self, after: str = "") -> list[Peer]:
        """Peers in order of their domains."""
        found = [peer for neighbour in self._all.values() if (peer := neighbour.peer) and peer.domain > after]
        return sorted(found, key=lambda peer: peer.domain)

    def neighbour(self, domain: str) -> tuple[Neighbour, Pinned]:
        """A peer. Raises NotFound."""
        found = self._all.get(domain)
        if found is None or found.pinned is None:
            raise NotFound(f"{domain} is no peer of {self._domain}: an operator adds it with 'overlay peer'")
        return found, found.pinned

    def get(self, party: PartyId) -> Record | None:
        """What a peer told us of an agent. Raises NotFound when its domain is no peer."""
        return self.neighbour(party.domain)[0].get(str(party))

    def show(self, record: Record) -> Record:
        """A peer's record as it is now."""
        return self._at(record.party.partition("@")[2]).show(record)

    def bundle(self, domain: str) -> Bundle:
        """What is pinned for a peer. Raises NotFound."""
        neighbour, pinned = self.neighbour(domain)
        return Bundle(pinned.peer.bundle, neighbour.denied(SERIALS_AT_ONCE))

    async def add(self, by: PartyId, peer: Peer) -> Peer:
        """Peer with a domain, or change how. Other roots or another gateway: all is learned anew.

        Raises BadName, BadInput, BadCertificate, Refused, Overloaded, Conflict, Unavailable.
        """
        check_peer(peer, self._domain)

        def decide() -> Decision[Peer]:
            pinned = self._adding(peer)
            note = Note(str(by), "peer-add", peer.domain)
            return Decision(pinned.peer, (self.write(pinned),), (note,))

        added, _ = await self._acts.do(decide)
        return self._at(peer.domain).peer or added

    async def remove(self, by: PartyId, domain: str) -> None:
        """Forget the peer, its roots and its agents (GW-6). Raises NotFound, Conflict, Unavailable."""

        def decide() -> Decision[None]:
            self.neighbour(domain)
            stored = peer_key(domain)
            write = Write(stored, None, self._state.revision_of(stored))
            return Decision(None, (write,), (Note(str(by), "peer-remove", domain),))

        await self._acts.do(decide)

    async def set_state(self, by: PartyId, ask: PeerState) -> Peer:
        """A gateway reaches the peer, or lost it; then its agents are inapplicable (GW-5).

        Raises NotFound, Conflict, Unavailable.
        """
        if ask.online:
            self.heard(ask.domain, self._clock())

        def decide() -> Decision[Peer]:
            neighbour, pinned = self.neighbour(ask.domain)
            if pinned.peer.online == ask.online:
                return Decision(pinned.peer)
            peer = msgspec.structs.replace(pinned.peer, online=ask.online, heard_at=neighbour.heard_at)
            note = Note(str(by), f"peer is {'online' if ask.online else 'offline'}", ask.domain)
            write = self.write(msgspec.structs.replace(pinned, peer=peer))
            return Decision(peer, (write,), (note,))

        told, _ = await self._acts.do(decide)
        return self._at(ask.domain).peer or told

    async def set_introducing(self, by: PartyId, ask: Introducing) -> Peer:
        """For which far domains the word of a peer counts. Raises NotFound, BadName, BadInput, Conflict,
        Unavailable.
        """

        def decide() -> Decision[Peer]:
            _, pinned = self.neighbour(ask.domain)
            peer = msgspec.structs.replace(pinned.peer, introduces=check_patterns(ask.patterns, pinned.peer))
            note = Note(str(by), "introduces", f"{ask.domain} {' '.join(ask.patterns)}"[:2000])
            return Decision(peer, (self.write(msgspec.structs.replace(pinned, peer=peer)),), (note,))

        told, _ = await self._acts.do(decide)
        return self._at(ask.domain).peer or told

    def heard(self, domain: str, at: float) -> None:
        """A process of our registry heard it then."""
        if domain in self._all:
            self._all[domain].heard_at = max(self._all[domain].heard_at, at)

    async def tidy(self) -> None:
        """Drop from the store what counts for nothing, some at a time. Raises Conflict, Unavailable."""
        await self._acts.do(self._dropping)

    def write(self, pinned: Pinned) -> Write:
        """Of a peer, if it is still as we know it."""
        stored = peer_key(pinned.peer.domain)
        return Write(stored, encode_struct(pinned), self._state.revision_of(stored))

    def _adding(self, peer: Peer) -> Pinned:
        found = self._all.get(peer.domain)
        old = found.pinned if found else None
        count = sum(neighbour.pinned is not None for neighbour in self._all.values())
        if old is None and count >= self._settings.registry_peers:
            raise Overloaded(f"there are {count} peers (registry_peers): remove one first")
        if old and (old.peer.bundle, old.peer.gateway) == (peer.bundle, peer.gateway):
            same = msgspec.structs.replace(
                old.peer,
                addresses=peer.addresses,
                relation=peer.relation,
                introduces=check_patterns(peer.introduces, peer) or old.peer.introduces,
                transit=peer.transit,
                rank=peer.rank,
            )
            return msgspec.structs.replace(old, peer=same)
        fresh = Peer(
            peer.domain,
            peer.bundle,
            peer.gateway,
            peer.addresses,
            relation=peer.relation,
            introduces=check_patterns(peer.introduces, peer),
            transit=peer.transit,
            rank=peer.rank,
        )
        return Pinned(fresh, self._state.log, since=self._state.revision)

    def _dropping(self) -> Decision[None]:
        waste: list[Write] = []
        for neighbour in self._all.values():
            waste += neighbour.waste(WRITES_AT_ONCE - len(waste))
        return Decision(None, waste)

    def _at(self, domain: str) -> Neighbour:
        found = self._all.get(domain)
        if found is None:
            found = Neighbour(domain, self._denials, self._listing, self._settings.clock_skew_s)
            self._all[domain] = found
        return found

    def _take_record(self, entry: Entry) -> None:
        self._at(rest_of(entry.key).partition(".")[2]).take_record(entry)

    def _denied(self, domain: str, serial: str, _: str, revision: int) -> None:
        if domain != self._domain:
            self._at(domain).take_denied(serial, revision)
