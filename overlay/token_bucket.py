"""How often something may happen: a rate on average, and a burst at once. Pure."""

from __future__ import annotations


class TokenBucket:
    """`rate_per_s` on average, and `burst` (at least one) at once. Times are seconds of a steady clock."""

    def __init__(self, rate_per_s: float, burst: float, now: float) -> None:
        self._rate = rate_per_s
        self._burst = max(1.0, burst)
        self._tokens = self._burst
        self._since = now

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Whether it may happen once more now; counts it, as often as it costs."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._since) * self._rate)
        self._since = now
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True
