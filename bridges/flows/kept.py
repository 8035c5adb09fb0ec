"""A bounded number of flows, by what their messages have in common. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
F = TypeVar("F")


class Kept(Generic[K, F]):
    """At most `limit`; one too many, and all begin anew. Counts those that began, those that were void."""

    def __init__(self, limit: int, counters: Counter[str]) -> None:
        self.flows: dict[K, F] = {}
        self._limit = limit
        self._counters = counters

    def keep(self, key: K, flow: F) -> None:
        """From now on."""
        if len(self.flows) >= self._limit and key not in self.flows:
            self.flows.clear()
            self._counters["flows-cleared"] += 1
        if self._limit:
            self.flows[key] = flow
            self._counters["flows-begun"] += 1

    def void(self, key: K) -> None:
        """Something that it stands on has changed."""
        del self.flows[key]
        self._counters["flows-void"] += 1
