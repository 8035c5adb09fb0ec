"""The order of what one process publishes in a channel, kept where messages overtake each other. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Line(Generic[T]):
    next: int
    waiting: dict[int, T] = field(default_factory=dict)
    since: float = 0.0
    beginning: bool = False


class Order(Generic[T]):
    """Gives out the items of each sender by their numbers. What is missing is waited for until `wait_s` have
    passed since its gap was seen, or `limit` items wait. The first item of a sender begins its line; if it is
    not number 1, those before it may be on their way still, and are waited for for `begin_s`.
    """

    def __init__(self, wait_s: float, limit: int, senders: int, *, begin_s: float = 0.0) -> None:
        self._wait_s = wait_s
        self._begin_s = min(begin_s, wait_s)
        self._limit = limit
        self._senders = senders
        self._lines: OrderedDict[Hashable, _Line[T]] = OrderedDict()

    def passes(self, sender: Hashable, number: int) -> bool:
        """Whether it is the next, and nothing waits: the usual case, and quick."""
        line = self._lines.get(sender)
        if line is None or line.waiting or line.next != number:
            return False
        line.next = number + 1
        self._lines.move_to_end(sender)
        return True

    def take(self, sender: Hashable, number: int, item: T, now: float) -> tuple[list[T], bool]:
        """What may be given out now, and whether `item` itself is late: later ones were given out before."""
        line = self._lines.get(sender)
        if line is None:
            beginning = number > 1 and self._begin_s > 0
            line = self._lines[sender] = _Line(1 if beginning else number, beginning=beginning)
        self._lines.move_to_end(sender)
        if number < line.next or number in line.waiting:
            return [], True
        if not line.waiting:
            line.since = now
        line.waiting[number] = item
        found = self._ready(line)
        if found and line.beginning:  # now it is known where it begins: what is missing is a gap as any
            line.beginning, line.since = False, now
        while len(line.waiting) > self._limit:
            found += self._skip(line)
        return found + self._forget(), False

    def due(self, now: float) -> list[T]:
        """What was waited for long enough."""
        found: list[T] = []
        for line in self._lines.values():
            if line.waiting and self._due_at(line) <= now:
                found += self._skip(line)
                line.since = now
        return found

    @property
    def next_due(self) -> float | None:
        """When `due` has something; None: nothing waits."""
        return min((self._due_at(line) for line in self._lines.values() if line.waiting), default=None)

    def _due_at(self, line: _Line[T]) -> float:
        return line.since + (self._begin_s if line.beginning else self._wait_s)

    def _ready(self, line: _Line[T]) -> list[T]:
        found: list[T] = []
        while line.next in line.waiting:
            found.append(line.waiting.pop(line.next))
            line.next += 1
        return found

    def _skip(self, line: _Line[T]) -> list[T]:
        line.next, line.beginning = min(line.waiting), False
        return self._ready(line)

    def _forget(self) -> list[T]:
        if len(self._lines) <= self._senders:
            return []
        _, line = self._lines.popitem(last=False)
        return [line.waiting[number] for number in sorted(line.waiting)]
