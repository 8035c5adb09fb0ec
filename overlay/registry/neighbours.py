"""Peers of our domain, and what their registries told us (REG-8, GW-4 … GW-6). No I/O but the store."""

from __future__ import annotations

import msgspec

from overlay.audit import DONE
from overlay.clock import Clock
from overlay.errors import BadInput, NotFound, OverlayError, Overloaded, Refused, TooLarge
from overlay.naming.ids import PartyId, check_domain, check_name
from overlay.registry.index import Index
from overlay.registry.members import SERIALS_AT_ONCE, check_claims
from overlay.registry.protocol import Bundle, Changes, Learn, Learned, Peer, PeerState
from overlay.registry.record import Presence, Record, check_profile
from overlay.registry.store import RegistryStore
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.identity import Role
from overlay.trust.keycard import open_card

_MAX_ADDRESSES = 16
_MAX_BUNDLE_BYTES = 32 * 1024


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
        self._check_peer(peer)
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
        """A gateway reaches the peer, or lost it: then its agents are inapplicable (GW-5). Raises NotFound."""
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
        page is here, all that was known before. Raises NotFound; BadInput when a page is missing between.
        """
        peer, changes = self._peer(ask.domain), ask.changes
        generation = self._generation[ask.domain]
        if changes.full:
            if changes.since:
                raise BadInput("a full answer begins at 0")
            generation += 1
        elif (changes.log, changes.since) != (peer.log, peer.version):
            raise BadInput(f"{peer.domain} is known up to change {peer.version}: continue there, or in full")
        good, refused = self._sort(peer, changes)
        stale = [party for party in (*changes.gone, *refused) if _domain_of(party) == peer.domain]
        if not changes.more:
            new = {record.party for record in good}
            known = self._heard[peer.domain]
            stale += [party for party, seen in known.items() if seen < generation and party not in new]
        peer = msgspec.structs.replace(peer, log=changes.log, version=changes.version)
        with self._store.change():
            self._store.put_peer(peer, generation)
            for party in stale:
                self._store.drop_heard(party)
            for record in good:
                self._store.put_heard(peer.domain, generation, record)
            for serial in changes.denied:
                self._store.deny(peer.domain, _serial(serial), 0)
            self._store.audit.record(str(by), "learn", f"{peer.domain} {changes.version}", _outcome(refused))
        self._know(peer, generation)
        for party in stale:
            self._drop(party, peer.domain)
        for record in good:
            self._remember(record, generation)
        return Learned(peer.log, peer.version, refused)

    def _sort(self, peer: Peer, changes: Changes) -> tuple[list[Record], dict[str, str]]:
        for serial in changes.denied:
            self._trust[peer.domain].deny(peer.domain, int(_serial(serial), 16))
        good, refused = [], {}
        room = self._settings.registry_foreign_records - len(self._heard[peer.domain])
        for record in changes.records:
            try:
                self._check_record(peer, record)
                if record.party not in self._heard[peer.domain]:
                    room -= 1
                if room < 0:
                    raise Overloaded(f"{peer.domain} has too many agents (registry_foreign_records)")
            except OverlayError as error:
                refused[record.party] = f"{error.reason}: {error}"
            else:
                good.append(msgspec.structs.replace(record, gateway=f"{peer.gateway}@{peer.domain}"))
        return good, refused

    def _check_record(self, peer: Peer, record: Record) -> None:
        party = PartyId.parse(record.party)
        if party.domain != peer.domain:
            raise Refused(f"{peer.domain} speaks for its own agents only, not for {party}")
        identity = open_card(record.card, self._trust[peer.domain], self._clock()).identity
        if identity.party != party or identity.role is not Role.AGENT:
            raise Refused(f"the key card in the record of {party} is of the {identity.role} {identity.party}")
        if format(identity.serial, "x") != record.serial:
            raise Refused(f"the record of {party} names another certificate than its key card")
        check_profile(record.profile, self._settings)
        check_claims(record.profile, identity)

    def _check_peer(self, peer: Peer) -> None:
        if check_domain(peer.domain) == self._domain:
            raise Refused(f"{peer.domain} is this domain itself: peer with another")
        check_name(peer.gateway)
        if len(peer.bundle) > _MAX_BUNDLE_BYTES or len(peer.addresses) > _MAX_ADDRESSES:
            raise TooLarge(
                f"a peer has up to {_MAX_ADDRESSES} addresses and {_MAX_BUNDLE_BYTES} bytes of roots"
            )
        for address in peer.addresses:
            BrokerAddress.parse(address)
        named = TrustBundle.from_bytes(peer.bundle).domain
        if named != peer.domain:
            raise BadInput(f"the trust bundle is of {named}, not of {peer.domain}")

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
                trust.deny(peer.domain, int(serial, 16))
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


def _serial(text: str) -> str:
    try:
        return format(int(text, 16), "x")
    except ValueError as error:
        raise BadInput(f"{text[:60]!r} is no serial number") from error


def _outcome(refused: dict[str, str]) -> str:
    return f"{len(refused)} refused: {sorted(refused.items())}" if refused else DONE
