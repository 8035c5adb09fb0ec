"""By which peer messages of a domain came, for a while: the way back (GW-7). Pure."""

from __future__ import annotations

from collections.abc import Callable


class Learned:
    """Of at most `limit` domains, those learned last. `steady` is a clock that is never set."""

    def __init__(self, limit: int, keep_s: float, steady: Callable[[], float]) -> None:
        self._limit = limit
        self._keep_s = keep_s
        self._steady = steady
        self._hops: dict[str, tuple[str, float]] = {}

    def put(self, domain: str, hop: str) -> bool:
        """It leads there. False: that is known, and will be for a while."""
        now = self._steady()
        known = self._hops.get(domain)
        if known is not None and known[0] == hop and known[1] - now > self._keep_s / 2:
            return False
        self._hops.pop(domain, None)
        self._hops[domain] = hop, now + self._keep_s
        if len(self._hops) > self._limit:
            del self._hops[next(iter(self._hops))]
        return True

    def get(self, domain: str) -> tuple[str, float]:
        """(next hop, until when that holds); ("", 0.0): not known."""
        hop, until = self._hops.get(domain, ("", 0.0))
        return (hop, until) if until > self._steady() else ("", 0.0)
