"""Peers of our domain, and what their registries told us (REG-8, GW-4 … GW-6). No I/O but the store."""

from __future__ import annotations

import msgspec

from overlay.audit import DONE
from overlay.clock import Clock
from overlay.errors import BadInput, NotFound, OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.registry.peers.changelog import SERIALS_AT_ONCE
from overlay.registry.peers.foreign import check_foreign, check_peer
from overlay.registry.protocol import Bundle, Changes, Learn, Learned, Peer, PeerState
from overlay.registry.record import Presence, Record, without_access
from overlay.registry.search.index import Index
from overlay.registry.storage.sqlite import RegistryStore
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.bundle_news import open_bundle_news
from overlay.trust.serials import parse_serial, serial_text


class Neighbours:
    """Peers and their agents. A peer's word counts for its own domain only, and each record is proved."""

    def __init__(self, domain: str, store: RegistryStore, settings: Settings, clock: Clock) -> None:
        self._domain = domain
        self._store = store
        self._settings = settings
        self._clock = clock
        self._peers: dict[str, Peer] = {}
        self._generation: dict[str, int] = {}
        self._trust: dict[str, TrustStore] = {}
        self._heard: dict[str, dict[str, int]] = {}
        self.index = Index()
        for peer, generation in store.peers():
            self._know(msgspec.structs.replace(peer, online=False), generation)
        for record, generation in store.heard():
            self._remember(record, generation)

    def peers(self, after: str = "") -> list[Peer]:
        """Peers in order of their domains."""
        return [self._counted(self._peers[domain]) for domain in sorted(self._peers) if domain > after]

    def bundle(self, domain: str) -> Bundle:
        """What is pinned for a peer. Raises NotFound."""
        return Bundle(self._peer(domain).bundle, self._store.denied_of(domain, SERIALS_AT_ONCE))

    def add(self, by: PartyId, peer: Peer) -> Peer:
        """Peer with a domain, or change how. Other roots or another gateway: all is learned anew.

        Raises BadName, BadInput, BadCertificate, Refused, Overloaded.
        """
        check_peer(peer, self._domain)
        old = self._peers.get(peer.domain)
        if old is None and len(self._peers) >= self._settings.registry_peers:
            raise Overloaded(f"there are {len(self._peers)} peers (registry_peers): remove one first")
        same = old is not None and (old.bundle, old.gateway) == (peer.bundle, peer.gateway)
        fresh = Peer(peer.domain, peer.bundle, peer.gateway, peer.addresses)
        new = msgspec.structs.replace(old, addresses=peer.addresses) if old and same else fresh
        generation = self._generation.get(peer.domain, 0) if same else 0
        with self._store.change():
            if not same:
                self._store.drop_peer(peer.domain)
            self._store.put_peer(new, generation)
            self._store.audit.record(str(by), "peer-add", peer.domain)
        if not same:
            self._forget(peer.domain)
        self._know(new, generation)
        return self._counted(new)

    def remove(self, by: PartyId, domain: str) -> None:
        """Forget the peer, its roots and its agents (GW-6). Raises NotFound."""
        self._peer(domain)
        with self._store.change():
            self._store.drop_peer(domain)
            self._store.audit.record(str(by), "peer-remove", domain)
        self._forget(domain)

    def set_state(self, by: PartyId, ask: PeerState) -> Peer:
        """A gateway reaches the peer, or lost it; then its agents are inapplicable (GW-5).

        Raises NotFound.
        """
        peer = self._peer(ask.domain)
        if peer.online != ask.online:
            peer = msgspec.structs.replace(peer, online=ask.online)
            self._peers[ask.domain] = peer
            self._store.audit.record(str(by), f"peer is {'online' if ask.online else 'offline'}", ask.domain)
        return self._counted(peer)

    def show(self, record: Record) -> Record:
        """A peer's record as it is now."""
        if self._peers[PartyId.parse(record.party).domain].online:
            return record
        return msgspec.structs.replace(record, presence=Presence.INAPPLICABLE)

    def learn(self, by: PartyId, ask: Learn) -> Learned:
        """Take over what a peer's registry answered to `changes`. A full answer replaces, once its last
        page is here, all that was known before. Raises NotFound; BadInput when a page is missing between;
        Overloaded.
        """
        peer, changes = self._peer(ask.domain), ask.changes
        generation = self._generation[ask.domain]
        if changes.full:
            if changes.since:
                raise BadInput("a full answer begins at 0")
            generation += 1
        elif (changes.log, changes.since) != (peer.log, peer.version):
            raise BadInput(f"{peer.domain} is known up to change {peer.version}: continue there, or in full")
        peer, doubts = self._with_roots(peer, changes.bundle)
        good, refused = self._sort(peer, changes)
        refused |= doubts
        stale = [party for party in (*changes.gone, *refused) if _domain_of(party) == peer.domain]
        if not changes.more:
            stale += self._left_over(peer.domain, generation, good)
        peer = msgspec.structs.replace(peer, log=changes.log, version=changes.version)
        with self._store.change():
            self._store.put_peer(peer, generation)
            for party in stale:
                self._store.drop_heard(party)
            for record in good:
                self._store.put_heard(peer.domain, generation, record)
            for serial in changes.denied:
                self._store.deny(peer.domain, serial_text(parse_serial(serial)), 0)
            self._store.audit.record(str(by), "learn", f"{peer.domain} {changes.version}", _outcome(refused))
        self._know(peer, generation)
        for party in stale:
            self._drop(party, peer.domain)
        for record in good:
            self._remember(record, generation)
        return Learned(peer.log, peer.version, refused)

    def _with_roots(self, peer: Peer, statement: bytes) -> tuple[Peer, dict[str, str]]:
        """The peer with the roots that its own CA tells of, if it does; or why they are refused."""
        if not statement:
            return peer, {}
        trust = self._trust[peer.domain]
        try:
            bundle, epoch = open_bundle_news(statement, trust, self._clock())
        except OverlayError as error:
            return peer, {f"the roots of {peer.domain}": f"{error.reason}: {error}"}
        if epoch <= peer.epoch:
            return peer, {}
        trust.add(bundle)
        return msgspec.structs.replace(peer, bundle=bundle.to_bytes(), epoch=epoch), {}

    def _left_over(self, domain: str, generation: int, fresh: list[Record]) -> list[str]:
        told = {record.party for record in fresh}
        known = self._heard[domain].items()
        return [party for party, seen in known if seen < generation and party not in told]

    def _sort(self, peer: Peer, changes: Changes) -> tuple[list[Record], dict[str, str]]:
        self._deny(peer.domain, {parse_serial(serial) for serial in changes.denied})
        good: list[Record] = []
        refused: dict[str, str] = {}
        room = self._settings.registry_foreign_records - len(self._heard[peer.domain])
        for record in changes.records:
            try:
                check_foreign(record, self._trust[peer.domain], self._settings, self._clock())
                if record.party not in self._heard[peer.domain]:
                    room -= 1
                if room < 0:
                    raise Overloaded(f"{peer.domain} has too many agents (registry_foreign_records)")
            except OverlayError as error:
                refused[record.party] = f"{error.reason}: {error}"
            else:
                good.append(
                    msgspec.structs.replace(without_access(record), gateway=f"{peer.gateway}@{peer.domain}")
                )
        return good, refused

    def _deny(self, domain: str, serials: set[int]) -> None:
        trust, limit = self._trust[domain], self._settings.registry_foreign_denied
        fresh = {serial for serial in serials if not trust.denies(domain, serial)}
        if fresh and self._store.denied_count(domain) + len(fresh) > limit:
            raise Overloaded(f"{domain} revoked more than {limit} certificates (registry_foreign_denied)")
        for serial in fresh:
            trust.deny(domain, serial)

    def _peer(self, domain: str) -> Peer:
        if domain not in self._peers:
            raise NotFound(f"{domain} is no peer of {self._domain}: an operator adds it with 'overlay peer'")
        return self._peers[domain]

    def _counted(self, peer: Peer) -> Peer:
        return msgspec.structs.replace(peer, agents=len(self._heard[peer.domain]))

    def _know(self, peer: Peer, generation: int) -> None:
        self._peers[peer.domain] = peer
        self._generation[peer.domain] = generation
        self._heard.setdefault(peer.domain, {})
        if peer.domain not in self._trust:
            trust = TrustStore(TrustBundle.from_bytes(peer.bundle), self._settings.clock_skew_s)
            for serial in self._store.denied_of(peer.domain, -1):
                trust.deny(peer.domain, parse_serial(serial))
            self._trust[peer.domain] = trust

    def _remember(self, record: Record, generation: int) -> None:
        self._heard[PartyId.parse(record.party).domain][record.party] = generation
        self.index.put(record)

    def _drop(self, party: str, domain: str) -> None:
        self._heard[domain].pop(party, None)
        self.index.drop(party)

    def _forget(self, domain: str) -> None:
        for party in self._heard.pop(domain, {}):
            self.index.drop(party)
        for table in (self._peers, self._generation, self._trust):
            table.pop(domain, None)


def _domain_of(party: str) -> str:
    return party.partition("@")[2]


def _outcome(refused: dict[str, str]) -> str:
    return f"{len(refused)} refused: {sorted(refused.items())}" if refused else DONE
