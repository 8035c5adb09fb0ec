"""How often one sender may do something here: a token bucket for each. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.clock import Clock
from overlay.token_bucket import TokenBucket


class SenderLimit:
    """`rate_per_s` on average, `burst` at once; the `size` most recent senders are remembered."""

    def __init__(self, rate_per_s: float, burst: int, size: int, clock: Clock) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._size = size
        self._clock = clock
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def allow(self, sender: str) -> bool:
        """Whether `sender` may once more now; counts it."""
        now = self._clock()
        bucket = self._buckets.pop(sender, None) or TokenBucket(self._rate_per_s, self._burst, now)
        self._buckets[sender] = bucket
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        return bucket.take(now)
