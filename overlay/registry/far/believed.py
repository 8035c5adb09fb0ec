"""Far domains that are believed: pinned by our operator, or introduced by a peer whose word counts (GW-12).

An introduction is worth as much as the one that made it: it counts while that one is our peer, may introduce
that domain, and repeats it. It never takes the place of a pin, of a peer, or of ourselves.
"""

from __future__ import annotations

from collections.abc import Callable

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import SERIALS_AT_ONCE, Denials, denied_key
from overlay.registry.far.introducer import may_introduce
from overlay.registry.far.protocol import FarDomain
from overlay.registry.peers.neighbour import Neighbour, Pinned
from overlay.registry.peers.protocol import Bundle
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Write
from overlay.registry.storage.keys import FAR, key, rest_of
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.serials import parse_serial
from overlay.wire.request import decode_struct

MAX_CHAIN = 64
_Row = tuple[int, FarDomain]
NeighbourOf = Callable[[str], tuple[Neighbour, Pinned]]
"""A peer. Raises NotFound."""


class FarBelieved:
    """All of them. Every process of the registry knows the same: they lie in its store."""

    def __init__(
        self,
        domain: str,
        acts: Acts,
        state: State,
        denials: Denials,
        neighbour: NeighbourOf,
        has_peers: Callable[[], bool],
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._domain = domain
        self._acts = acts
        self._state = state
        self._denials = denials
        self.neighbour = neighbour
        """A peer. Raises NotFound."""
        self.has_peers = has_peers
        """Whether there is anybody to ask."""
        self._settings = settings
        self._clock = clock
        self._rows: dict[str, _Row] = {}
        state.on(FAR, self._take)

    def all(self, after: str = "") -> list[FarDomain]:
        """Those that count, in order of their names."""
        return sorted(
            (row[1] for domain, row in self._rows.items() if domain > after and self._counts(row)),
            key=lambda found: found.domain,
        )

    def get(self, domain: str) -> FarDomain | None:
        """A far domain, if it is believed."""
        row = self._rows.get(domain)
        return row[1] if row is not None and self._counts(row) else None

    def bundle(self, domain: str) -> Bundle:
        """Its roots and what it revoked. Raises NotFound."""
        found = self.get(domain)
        if found is None:
            raise NotFound(self.unknown(domain))
        return Bundle(found.bundle, self._denials.latest_of(domain, SERIALS_AT_ONCE))

    def trust(self, domain: str) -> TrustStore:
        """To prove what is said of its agents. Raises NotFound."""
        bundle = TrustBundle.from_bytes(self.bundle(domain).bundle)
        store = TrustStore(bundle, self._settings.clock_skew_s)
        for serial in self._denials.of(domain):
            store.deny(domain, parse_serial(serial))
        return store

    def unknown(self, domain: str) -> str:
        """What is said where nobody believes it."""
        return (
            f"{domain} is unknown: it is no peer of {self._domain}, and no peer whose word counts introduced "
            "it. An operator peers with it (overlay peer add), pins its roots (overlay peer far add), "
            "or lets a peer introduce it (overlay peer introduces)"
        )

    async def tidy(self) -> None:
        """Drop what lapsed, some at a time. Raises Conflict, Unavailable."""

        def decide() -> Decision[None]:
            writes: list[Write] = []
            for domain, row in self._rows.items():
                if self._counts(row):
                    continue
                serials = [] if self.is_peer(domain) else list(self._denials.of(domain))
                writes += [Write(denied_key(domain, serial), None) for serial in serials]
                writes.append(Write(key(FAR, domain), None, row[0]))
                if len(writes) >= WRITES_AT_ONCE:
                    return Decision(None, writes[:WRITES_AT_ONCE])
            return Decision(None, writes)

        await self._acts.do(decide)

    def __len__(self) -> int:
        """All that lie in the store, those that lapsed among them."""
        return len(self._rows)

    def __contains__(self, domain: str) -> bool:
        return domain in self._rows

    def is_peer(self, domain: str) -> bool:
        """Whether its own word counts, and nobody's on it."""
        try:
            self.neighbour(domain)
        except NotFound:
            return False
        return True

    def _counts(self, row: _Row) -> bool:
        revision, far = row
        if self.is_peer(far.domain):
            return False
        if not far.by:
            return True
        try:
            _, pinned = self.neighbour(far.by)
        except NotFound:
            return False
        fresh = far.told_at + self._settings.far_roots_s > self._clock()
        same_peer = pinned.our_log == self._state.log and revision > pinned.since
        return fresh and same_peer and may_introduce(pinned.peer, far.domain)

    def _take(self, entry: Entry) -> None:
        domain = rest_of(entry.key)
        self._rows.pop(domain, None)
        if entry.value is not None:
            self._rows[domain] = entry.revision, decode_struct(entry.value, FarDomain)
