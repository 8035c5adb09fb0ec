"""What one line of a peer was told of our ways, and what it has to be told now. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bridges.frames.frame import Default, Reach
from bridges.routing.announced import Path
from bridges.routing.routes import Routes

_AT_ONCE = 100
"""Domains in one item: a full table takes turns with messages."""


class Telling:
    """To `peer`, over a line of its own: first everything, then what changed."""

    def __init__(self, routes: Routes, peer: str) -> None:
        self._routes = routes
        self._peer = peer
        self._told: dict[str, Path] = {}
        self._default = Default.NONE
        self._version = -1

    def has(self, domain: str) -> bool:
        """Whether the peer knows that we lead there."""
        return domain in self._told

    def next(self) -> list[Reach]:
        """To be sent now, in this order; nothing: it knows all."""
        changed = self._routes.log.since(self._version)
        full = self._version < 0
        default = self._routes.default_for(self._peer)
        domains = self._routes.domains() | self._told.keys() if changed is None or full else changed
        self._version = self._routes.log.version
        paths, withdrawn = [], []
        for domain in domains:
            path, told = self._routes.told_to(self._peer, domain), self._told.get(domain)
            if path == told:
                continue
            if path is None:
                del self._told[domain]
                withdrawn.append(domain)
            else:
                self._told[domain] = path
                paths.append(path)
        if not (paths or withdrawn or full or default is not self._default):
            return []
        self._default = default
        return list(_items(paths, withdrawn, default, full=full))


def _items(paths: list[Path], withdrawn: list[str], default: Default, *, full: bool) -> Iterator[Reach]:
    count = max(len(paths), len(withdrawn), 1)
    for first in range(0, count, _AT_ONCE):
        end = first + _AT_ONCE
        yield Reach(
            tuple(paths[first:end]), tuple(withdrawn[first:end]), default, full and first == 0, end < count
        )
