"""What peers tell of their ways: for each domain, the paths that we heard (GW-8, GW-12). Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bridges.frames.frame import Default, Reach
from overlay.naming.ids import is_domain
from overlay.registry.peers.relation import PLAIN, Relation, Standing

Path = tuple[str, ...]
"""The domains on the way, from the peer that told it to the one that it leads to."""


@dataclass(slots=True)
class Told:
    """What was told over one line."""

    paths: dict[str, Path] = field(default_factory=dict)
    default: Default = Default.NONE
    whole: bool = False
    """Whether it told all."""


@dataclass(slots=True)
class Neighbour:
    """A peer, as far as ways are concerned: up while there is a line to it."""

    domain: str
    standing: Standing = PLAIN
    lines: dict[str, Told] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    """What it told and tells no more, and until when it is believed that it did."""

    @property
    def up(self) -> bool:
        """Whether it is linked."""
        return bool(self.lines)

    @property
    def whole(self) -> bool:
        """Whether it is linked, and told all that it knows."""
        return self.up and all(told.whole for told in self.lines.values())

    @property
    def default(self) -> Default:
        """What a child may leave to it."""
        return max((told.default for told in self.lines.values()), default=Default.NONE)

    def path(self, domain: str) -> Path | None:
        """The shortest that it told; what is linked leads to itself."""
        if domain == self.domain:
            return (domain,) if self.up else None
        told = (path for told in self.lines.values() if (path := told.paths.get(domain)))
        return min(told, key=lambda path: (len(path), path), default=None)


class Announced:
    """`limit`: domains that one peer may tell. `longest`: domains on a path. `settle_s`: what was withdrawn
    is believed of whoever told it. `steady` is a clock that is never set.
    """

    def __init__(
        self, here: str, limit: int, longest: int, settle_s: float, steady: Callable[[], float]
    ) -> None:
        self.here = here
        self.neighbours: dict[str, Neighbour] = {}
        self.counters: Counter[str] = Counter()
        """What was refused, by reason."""
        self._limit = limit
        self._longest = longest
        self._settle_s = settle_s
        self._steady = steady

    def neighbour(self, domain: str) -> Neighbour:
        """A peer, or one from now on."""
        return self.neighbours.setdefault(domain, Neighbour(domain))

    def leave(self, domain: str) -> set[str]:
        """It is no peer any more: where it led to."""
        neighbour = self.neighbours.pop(domain, Neighbour(domain))
        return {domain}.union(*(told.paths for told in neighbour.lines.values()))

    def up(self, peer: str, line: str) -> set[str]:
        """There is such a line: where it leads to."""
        self.neighbour(peer).lines.setdefault(line, Told())
        return {peer}

    def take(self, peer: str, line: str, reach: Reach) -> set[str]:
        """A peer told this over a line: of which domains it changes something. What is impossible is refused
        and counted, the rest is taken.
        """
        neighbour = self.neighbour(peer)
        told = neighbour.lines.setdefault(line, Told())
        changed: set[str] = set()
        if reach.full:
            changed = self._forget(neighbour, told.paths)
            told.paths.clear()
        for domain in reach.withdrawn:
            if told.paths.pop(domain, ()):
                changed |= self._forget(neighbour, (domain,))
        for path in reach.paths:
            if path and told.paths.pop(path[-1], ()):
                changed |= self._forget(neighbour, (path[-1],))
            if self._fits(peer, told, path):
                told.paths[path[-1]] = path
                neighbour.gone.pop(path[-1], None)
                changed.add(path[-1])
        told.default, told.whole = reach.default, not reach.more
        return changed

    def down(self, peer: str, line: str) -> set[str]:
        """There is no more: which domains it led to."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return set()
        told = neighbour.lines.pop(line, Told())
        return self._forget(neighbour, told.paths) | {peer}

    def ways(self, domain: str) -> Iterator[tuple[Neighbour, Path]]:
        """Every peer that leads there, and its path."""
        for neighbour in self.neighbours.values():
            if (path := neighbour.path(domain)) is not None:
                yield neighbour, path

    def told_by(self, peer: str, domain: str) -> bool:
        """Whether this peer leads there, or did a moment ago."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return False
        return neighbour.path(domain) is not None or neighbour.gone.get(domain, -math.inf) > self._steady()

    def parents(self) -> list[Neighbour]:
        """In the order in which they are tried: those that lead to everything first."""
        found = [
            neighbour
            for neighbour in self.neighbours.values()
            if neighbour.standing.relation is Relation.PARENT
        ]
        return sorted(found, key=lambda parent: (-parent.default, parent.standing.rank, parent.domain))

    def _fits(self, peer: str, told: Told, path: Path) -> bool:
        reason = self._wrong(peer, path)
        if not reason and len(told.paths) >= self._limit:
            reason = "too-many"
        if reason:
            self.counters[f"route-{reason}"] += 1
        return not reason

    def _wrong(self, peer: str, path: Path) -> str:
        if len(path) < 2 or path[0] != peer:
            return "of-another"
        if self.here == path[-1]:
            return "to-us"
        if self.here in path:
            return "through-us"
        if len(set(path)) != len(path):
            return "in-a-circle"
        if len(path) > self._longest:
            return "too-long"
        return "" if all(map(is_domain, path)) else "malformed"

    def _forget(self, neighbour: Neighbour, domains: Iterable[str]) -> set[str]:
        until = self._steady() + self._settle_s
        forgotten = set(domains)
        for domain in forgotten:
            neighbour.gone.pop(domain, None)
            neighbour.gone[domain] = until
        while len(neighbour.gone) > self._limit:
            neighbour.gone.pop(next(iter(neighbour.gone)))
        return forgotten
