"""One peer: what is pinned for it, and which of its agents we know. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import NotFound
from overlay.registry.denials import Denials, denied_key
from overlay.registry.peers.proofs import Proofs
from overlay.registry.peers.protocol import Peer
from overlay.registry.record import Presence, Record
from overlay.registry.search.listing import Listing
from overlay.registry.storage.contract import Entry, Write
from overlay.registry.storage.keys import HEARD, PEER, key, rest_of
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.serials import parse_serial
from overlay.wire.request import decode_struct

_Row = tuple[int, bytes]
_PROOFS = 20_000


class Pinned(msgspec.Struct, frozen=True):
    """A peer as it lies in the store."""

    peer: Peer
    our_log: str
    """The numbers below are revisions of this log of ours; in another they mean nothing."""
    since: int
    """It was pinned so after this revision: what was written of this domain before counts for nothing."""
    settled: int = 0
    """A full answer replaced its records that were written up to this revision: they count no more."""
    filling: int = 0
    """A full answer is under way that will replace what was written up to here; 0: none is."""


def peer_key(domain: str) -> str:
    """Where a peer lies."""
    return key(PEER, domain)


def heard_key(party: str) -> str:
    """Where a record of a peer's agent lies."""
    name, _, domain = party.partition("@")
    return key(HEARD, name, domain)


class Neighbour:
    """Entries about the domain come in any order; which of them count follows from how it is pinned now."""

    def __init__(self, domain: str, denials: Denials, listing: Listing, skew_s: float) -> None:
        self.domain = domain
        self.pinned: Pinned | None = None
        self._trust: TrustStore | None = None
        self.heard_at = 0.0
        self.proofs = Proofs(_PROOFS)
        self._denials = denials
        self._listing = listing
        self._skew_s = skew_s
        self._known: dict[str, _Row] = {}
        self._void: dict[str, _Row] = {}
        self._littered = False

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, party: str) -> bool:
        return party in self._known

    @property
    def peer(self) -> Peer | None:
        """As others are told of it; None: it is none."""
        if self.pinned is None:
            return None
        return msgspec.structs.replace(self.pinned.peer, agents=len(self._known), heard_at=self.heard_at)

    @property
    def trust(self) -> TrustStore:
        """Its roots and what it revoked. Raises NotFound when it is no peer any more."""
        if self._trust is None:
            raise NotFound(f"{self.domain} is no peer any more")
        return self._trust

    def get(self, party: str) -> Record | None:
        """What it told us of an agent."""
        row = self._known.get(party)
        return None if row is None else self.show(decode_struct(row[1], Record))

    def show(self, record: Record) -> Record:
        """A record of an agent of it as it is now."""
        gone = self.pinned is None or not self.pinned.peer.online
        presence = Presence.INAPPLICABLE if gone else record.presence
        return msgspec.structs.replace(record, presence=presence, heard_at=self.heard_at)

    def forgetting(self, party: str) -> Write | None:
        """What takes back what it told of an agent, if it did."""
        row = self._known.get(party)
        return None if row is None else Write(heard_key(party), None, row[0])

    def denied(self, limit: int) -> tuple[str, ...]:
        """The latest serials that it revoked."""
        return self._denials.latest_of(self.domain, limit, self._floor()[0])

    def denies(self, serial: str) -> bool:
        """Whether it revoked this one."""
        return self._denials.of(self.domain).get(serial, 0) > self._floor()[0]

    def denied_count(self) -> int:
        """How many it revoked. Counts them."""
        since = self._floor()[0]
        return sum(number > since for number in self._denials.of(self.domain).values())

    def waste(self, limit: int) -> list[Write]:
        """What lies in the store and counts for nothing, up to `limit`."""
        if not self._littered:
            return []
        since = self._floor()[0]
        found = [Write(heard_key(party), None, row[0]) for party, row in self._void.items()]
        found += [
            Write(denied_key(self.domain, serial), None, number)
            for serial, number in self._denials.of(self.domain).items()
            if number <= since or self.pinned is None
        ]
        self._littered = bool(found)
        return found[:limit]

    # -- entries ----------------------------------------------------------------------------------------
    def take_pin(self, entry: Entry) -> None:
        """Raises BadInput, BadCertificate."""
        self._pin(None if entry.value is None else decode_struct(entry.value, Pinned))

    def take_record(self, entry: Entry) -> None:
        """Raises BadInput."""
        party = f"{rest_of(entry.key).partition('.')[0]}@{self.domain}"
        self._drop(party)
        self._void.pop(party, None)
        if entry.value is None:
            return
        row = (entry.revision, entry.value)
        if self._counts(row):
            self._put(party, row)
        else:
            self._void[party] = row
            self._littered = True

    def take_denied(self, serial: str, revision: int) -> None:
        """Raises BadInput."""
        if self._trust is not None and revision > self._floor()[0]:
            self._trust.deny(self.domain, parse_serial(serial))

    def begin_again(self, log: str) -> None:
        """Our store is another now: what was numbered by the old one holds no more. Ask the peer for all."""
        if self.pinned is not None and self.pinned.our_log != log:
            peer = msgspec.structs.replace(self.pinned.peer, log="", version=0)
            self._pin(Pinned(peer, log, since=0))

    def _pin(self, pinned: Pinned | None) -> None:
        before, floor = self.pinned, self._floor()
        bundle = None if pinned is None else TrustBundle.from_bytes(pinned.peer.bundle)
        self.pinned = pinned
        if pinned is None or bundle is None:
            self._trust = None
        elif self._trust is None or before is None or before.since != pinned.since:
            self._trust = TrustStore(bundle, self._skew_s)
            for serial in self.denied(-1):
                self._trust.deny(self.domain, parse_serial(serial))
        elif before.peer.bundle != pinned.peer.bundle:
            self._trust.add(bundle)
        if pinned is not None:
            self.heard_at = max(self.heard_at, pinned.peer.heard_at)
        if before is None or pinned is None or floor != self._floor():
            self._sift()

    def _floor(self) -> tuple[int, int]:
        """After which revisions its denials, and its records, count."""
        if self.pinned is None:
            return 0, 0
        return self.pinned.since, max(self.pinned.since, self.pinned.settled)

    def _counts(self, row: _Row) -> bool:
        return self.pinned is not None and row[0] > self._floor()[1]

    def _sift(self) -> None:
        for party, row in [item for item in self._known.items() if not self._counts(item[1])]:
            self._drop(party)
            self._void[party] = row
        for party, row in [item for item in self._void.items() if self._counts(item[1])]:
            del self._void[party]
            self._put(party, row)
        self._littered = True

    def _put(self, party: str, row: _Row) -> None:
        self._listing.put(decode_struct(row[1], Record))
        self._known[party] = row

    def _drop(self, party: str) -> None:
        if self._known.pop(party, None) is not None:
            self._listing.drop(party)
