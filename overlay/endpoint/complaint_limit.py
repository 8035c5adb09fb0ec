"""How often one sender is answered about messages that do not open: a token bucket for each. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.clock import Clock


class ComplaintLimit:
    """`rate_per_s` on average, `burst` at once; the `size` most recent senders are remembered."""

    def __init__(self, rate_per_s: float, burst: int, size: int, clock: Clock) -> None:
        self._rate = rate_per_s
        self._burst = float(burst)
        self._size = size
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, sender: str) -> bool:
        """Whether `sender` may be answered once more now; counts it."""
        now = self._clock()
        tokens, since = self._buckets.pop(sender, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[sender] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        return allowed
