"""Holding back: what is sent to whoever was overloaded is spaced for a while (GW-15). Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from overlay.clock import Clock
from overlay.errors import Overloaded
from overlay.settings import Settings

K = TypeVar("K")
_LESS = 0.5
_ONCE_S = 0.25
"""Refusals within this time are of one and the same crowd of messages: they count as one."""
_WINDOW_S = 1.0


class _Way:
    """To one destination. `rate` 0: nothing holds it back."""

    __slots__ = ("before", "count", "grown_at", "next_at", "rate", "refused_at", "since")

    def __init__(self, now: float) -> None:
        self.since = now
        self.count = 0
        self.rate = self.before = self.next_at = self.grown_at = 0.0
        self.refused_at = float("-inf")


class Pacing(Generic[K]):
    """Additive increase, multiplicative decrease: a refusal halves the rate at which was sent, and after it,
    `pace_more_per_s` is added each second, until it is twice what it was, or nothing was refused for
    `pace_forget_s`. `steady` is a clock that is never set.
    """

    def __init__(self, settings: Settings, steady: Clock) -> None:
        self._settings = settings
        self._steady = steady
        self._ways: OrderedDict[K, _Way] = OrderedDict()

    def turn(self, to: K, patience_s: float) -> float:
        """How long to wait before this is sent: 0, but after a refusal. Raises Overloaded, which says for how
        long, where that is more than `patience_s`.
        """
        now = self._steady()
        way = self._way(to, now)
        if now - way.since > _WINDOW_S:
            way.since, way.count = now, 0
        if way.rate:
            self._grow(way, now)
        if not way.rate:
            way.count += 1
            return 0.0
        wait_s = max(0.0, way.next_at - now)
        if wait_s > patience_s:
            raise Overloaded(f"{to} is overloaded, and held back for (pace_wait_s)", wait_s)
        way.count += 1
        way.next_at = max(now, way.next_at) + 1 / way.rate
        return wait_s

    def refused(self, to: K, retry_after_s: float) -> None:
        """`to`, or somebody on the way there, was overloaded."""
        now = self._steady()
        way = self._way(to, now)
        way.next_at = max(way.next_at, now + retry_after_s)
        if now - way.refused_at > _ONCE_S:
            sent = way.count / max(now - way.since, _ONCE_S)
            way.before = max(way.before, sent)
            usual = min(sent, way.rate) if way.rate else sent
            way.rate = max(self._settings.pace_least_per_s, usual * _LESS)
            way.refused_at = way.grown_at = now + retry_after_s

    def held_back(self, to: K) -> float:
        """At how many messages a second; 0: not."""
        way = self._ways.get(to)
        return way.rate if way else 0.0

    def _grow(self, way: _Way, now: float) -> None:
        way.rate += max(0.0, now - way.grown_at) * self._settings.pace_more_per_s
        way.grown_at = now
        quiet = now - way.refused_at > self._settings.pace_forget_s
        if quiet or way.rate > 2 * max(way.before, self._settings.pace_least_per_s):
            way.rate = way.before = way.next_at = 0.0

    def _way(self, to: K, now: float) -> _Way:
        way = self._ways.pop(to, None) or _Way(now)
        self._ways[to] = way
        if len(self._ways) > self._settings.peers_counted:
            self._ways.popitem(last=False)
        return way
