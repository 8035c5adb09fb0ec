"""How much one peer may send: a token bucket. Pure."""

from __future__ import annotations


class RateCap:
    """`rate_per_s` on average, and what `burst_s` seconds of that hold at once (at least one)."""

    def __init__(self, rate_per_s: float, burst_s: float, now: float) -> None:
        self._rate = rate_per_s
        self._burst = max(1.0, rate_per_s * burst_s)
        self._tokens = self._burst
        self._since = now

    def allow(self, now: float, count: int = 1) -> bool:
        """Whether `count` more may pass at `now` (seconds of a steady clock); counts them."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._since) * self._rate)
        self._since = now
        if self._tokens < count:
            return False
        self._tokens -= count
        return True
