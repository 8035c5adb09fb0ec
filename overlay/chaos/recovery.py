"""How long messages stood still, and how soon after each fault fresh ones passed again. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from overlay.chaos.records import Asked, Delivered, Record, Tried

Path = tuple[str, str]
"""A sender (and the channel, if it is one) and a receiver."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A message, or a question, that came through: when it was tried, and when it was there."""

    tried: float
    there: float


class Passages:
    """What came through on each path."""

    def __init__(self, records: Iterable[Record]) -> None:
        tried: dict[tuple[str, int], Tried] = {}
        there: dict[tuple[str, int, str], float] = {}
        self._messages: dict[Path, list[Passage]] = defaultdict(list)
        self._questions: dict[Path, list[Passage]] = defaultdict(list)
        self._last_tried: dict[Path, float] = {}
        self._last_asked: dict[Path, float] = {}
        for record in records:
            match record:
                case Tried():
                    tried[record.stream, record.number] = record
                case Delivered():
                    arrival = (record.stream, record.number, record.by)
                    there[arrival] = min(record.at, there.get(arrival, record.at))
                case Asked():
                    self._ask(record)
                case _:
                    pass
        for key, one in tried.items():
            for receiver in one.to:
                path = (one.sender + one.channel, receiver)
                self._last_tried[path] = max(one.at, self._last_tried.get(path, one.at))
                arrived = there.get((*key, receiver))
                if arrived is not None:
                    self._messages[path].append(Passage(one.at, arrived))

    def recovery_s(self, ended: float) -> float | None:
        """From the end of a fault until a fresh message had passed on each path; None: on one, none did."""
        return _recovery_s(self._messages, self._last_tried, ended)

    def asking_recovery_s(self, ended: float) -> float | None:
        """The same for questions."""
        return _recovery_s(self._questions, self._last_asked, ended)

    def _ask(self, record: Asked) -> None:
        path = (record.sender, record.to)
        self._last_asked[path] = max(record.tried, self._last_asked.get(path, record.tried))
        if not record.reason:
            self._questions[path].append(Passage(record.tried, record.at))

    def longest_pause_s(self) -> float:
        """The longest time between two deliveries on one path."""
        return max(
            (_longest_gap([one.there for one in found]) for found in self._messages.values()), default=0.0
        )


def slowest(found: Sequence[float | None]) -> float | None:
    """The longest; None when there is none, or one never recovered."""
    known = [one for one in found if one is not None]
    return max(known) if known and len(known) == len(found) else None


def _recovery_s(
    passages: Mapping[Path, Sequence[Passage]], last_tried: Mapping[Path, float], ended: float
) -> float | None:
    longest = 0.0
    for path, last in last_tried.items():
        if last < ended:
            continue  # nothing was tried there any more
        fresh = [one.there - ended for one in passages.get(path, ()) if one.tried >= ended]
        if not fresh:
            return None
        longest = max(longest, min(fresh))
    return longest


def _longest_gap(moments: list[float]) -> float:
    moments.sort()
    return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)
