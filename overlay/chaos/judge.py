"""What became of every message, from what the processes wrote down. Pure.

Nothing here knows how messages are carried: it compares what applications handed over with what applications
got, so it finds what went wrong wherever that was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from math import inf

from overlay.chaos.records import (
    Accepted,
    Asked,
    Delivered,
    Finished,
    Overheard,
    PutOut,
    Ready,
    Receipted,
    Record,
    Refused,
    Told,
    Tried,
)

_EXAMPLES = 5

Key = tuple[str, int]
"""A message: its stream and number."""


@dataclass(frozen=True, slots=True)
class Killed:
    """A process of ours that was killed, as its records name it, and when."""

    process: str
    at: float


@dataclass(slots=True)
class Verdict:
    """Messages are counted once for each receiver."""

    accepted: int = 0
    delivered: int = 0
    """Of those that were accepted."""
    lost: int = 0
    """Accepted, and neither delivered nor was the sender told so."""
    errors_told: int = 0
    """Accepted, not delivered, and the sender was told so."""
    told_wrongly: int = 0
    """Delivered, and the sender was told that they were not."""
    duplicates: int = 0
    """Effects beyond the first of a message."""
    interrupted: int = 0
    """Effects beyond the first, where we killed the process of each earlier one in the middle of it: only the
    application itself can do such an effect and the note of it at once.
    """
    misordered: int = 0
    """Accepted messages delivered after a later one of their stream."""
    leaked: int = 0
    """Delivered to, or read by, somebody else than the receiver; or never sent by anybody."""
    late_reads: int = 0
    """By somebody who was put out of the channel, of what members sent that had not heard of it yet."""
    refused: Counter[str] = field(default_factory=Counter)
    """Not accepted, by reason."""
    refused_delivered: int = 0
    """Not accepted, and delivered all the same: `send` says that this may be."""
    asked: int = 0
    answered: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    """Questions of class realtime, at most once, by reason."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """A few of each fault, to look for."""

    @property
    def good(self) -> bool:
        """Nothing happened that must not."""
        return not (self.lost or self.duplicates or self.misordered or self.leaked)

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in found.items()}


def judge(records: Iterable[Record], killed: Sequence[Killed] = (), *, cut_s: float = 2.0) -> Verdict:
    """Of all records of a run, in any order. An effect of a process that was killed within `cut_s` after it
    counts as interrupted.
    """
    court = _Court()
    for record in records:
        court.hear(record)
    deaths = {one.process: one.at for one in killed}
    verdict = court.verdict
    verdict.asked = verdict.answered + verdict.unanswered.total()
    court.count_fates()
    court.count_repeated(deaths, cut_s)
    court.count_order()
    return verdict


def open_messages(records: Iterable[Record]) -> int:
    """How many deliveries are still to come: neither done nor given up."""
    court = _Court()
    for record in records:
        court.hear(record)
    court.count_fates()
    return court.verdict.lost


class _Court:
    def __init__(self) -> None:
        self.verdict = Verdict()
        self._tried: dict[Key, Tried] = {}
        self._put_out: dict[str, float] = {}
        self._accepted: set[Key] = set()
        self._refused: set[Key] = set()
        self._told: dict[Key, str] = {}
        self._effects: dict[tuple[Key, str], list[Delivered]] = defaultdict(list)

    def hear(self, record: Record) -> None:
        verdict = self.verdict
        match record:
            case Tried():
                self._tried[record.stream, record.number] = record
            case Accepted():
                self._accepted.add((record.stream, record.number))
            case Refused():
                self._refused.add((record.stream, record.number))
                verdict.refused[record.reason] += 1
            case Told():
                self._told[record.stream, record.number] = record.reason
            case Delivered():
                self._effects[(record.stream, record.number), record.by].append(record)
            case Overheard():
                verdict.leaked += 1
                self._show("leaked", f"{record.by} read {record.where}")
            case PutOut():
                self._put_out[record.party] = min(record.at, self._put_out.get(record.party, record.at))
            case Asked():
                verdict.answered += not record.reason
                verdict.unanswered.update([record.reason] if record.reason else ())
            case Receipted() | Ready() | Finished():
                pass

    def count_fates(self) -> None:
        """Accepted, delivered, told, lost."""
        verdict = self.verdict
        for key in sorted(self._accepted):
            tried = self._tried.get(key)
            for receiver in tried.to if tried is not None else ():
                verdict.accepted += 1
                there = (key, receiver) in self._effects
                told = self._told.get(key)
                verdict.delivered += there
                verdict.told_wrongly += there and told is not None
                verdict.errors_told += not there and told is not None
                if not there and told is None:
                    verdict.lost += 1
                    self._show("lost", f"{_name(key)} for {receiver}")

    def count_repeated(self, deaths: dict[str, float], cut_s: float) -> None:
        """Duplicates and leaks."""
        for (key, receiver), effects in self._effects.items():
            if not self._was_for(key, receiver):
                self.verdict.leaked += len(effects)
                self._show("leaked", f"{_name(key)} to {receiver}")
                continue
            self.verdict.refused_delivered += key in self._refused
            self.verdict.late_reads += self._put_out.get(receiver, inf) < self._tried[key].at
            effects.sort(key=lambda effect: effect.at)
            for earlier, later in pairwise(effects):
                death = deaths.get(earlier.process)
                if earlier.process != later.process and death is not None and 0 <= death - earlier.at < cut_s:
                    self.verdict.interrupted += 1
                else:
                    self.verdict.duplicates += 1
                    again_s = later.at - earlier.at
                    self._show("duplicates", f"{_name(key)} to {receiver}, again after {again_s:.1f} s")

    def _was_for(self, key: Key, receiver: str) -> bool:
        tried = self._tried.get(key)
        return tried is not None and receiver in (*tried.to, *tried.may)

    def count_order(self) -> None:
        """By the first effect of each message: a repetition is counted as such."""
        streams: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        for (key, receiver), effects in self._effects.items():
            if key in self._accepted:
                streams[key[0], receiver].append((min(effect.at for effect in effects), key[1]))
        for (stream, receiver), arrivals in streams.items():
            highest = 0
            for at, number in sorted(arrivals):
                if number < highest:
                    self.verdict.misordered += 1
                    where = f"{_name((stream, number))} to {receiver}"
                    self._show("misordered", f"{where} after {highest}, at {at:.3f}")
                highest = max(highest, number)

    def _show(self, fault: str, text: str) -> None:
        shown = self.verdict.examples.setdefault(fault, [])
        if len(shown) < _EXAMPLES:
            shown.append(text)


def _name(key: Key) -> str:
    stream, number = key
    return f"{stream} {number}"
