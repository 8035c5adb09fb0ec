"""Who is asked first, who next, and why: by distance, load and observed service (GW-10). Pure.

Each candidate has a cost, about the milliseconds until its answer: what it says of itself, or what was seen
of it, longer for each domain on the way, with its load, and with its failures. Among those that cost about
the same chance decides, so that not everybody asks the same one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from overlay.anycast.observed import Observed, Service
from overlay.naming.ids import PartyId
from overlay.registry.record import Readiness, Record

_USUAL_MS = 50.0
"""Of somebody who does not say, and was not asked yet."""
_SURE = 3
"""Answers after which what was seen counts as much as what was said."""
_FULL = 0.95
_BUSY = 2.0
_BESIDE = 0.25
"""What each question of ours that it has now adds."""
_ALIKE = 1.25
"""So much dearer costs about the same."""
_FAILING = 0.05
"""The least share of good answers that is reckoned with."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who has the skill. `skill`: its own name for it."""

    party: PartyId
    skill: str
    record: Record
    domains: int
    """Borders on the way to it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with what it costs, and why."""

    candidate: Candidate
    cost: float
    avoided: bool
    """It failed just now, or wants nothing new: only if there is nobody else."""
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """All that were weighed, in the order in which they are asked."""

    skill: str
    weighed: tuple[Weighed, ...]
    task: str = ""
    kept: bool = False
    """The first has the task already."""

    @property
    def candidates(self) -> list[Candidate]:
        """The first one first."""
        return [weighed.candidate for weighed in self.weighed]


def choose(
    skill: str,
    candidates: Sequence[Candidate],
    observed: Observed,
    now: float,
    hop_ms: float,
    chance: random.Random,
    *,
    task: str = "",
    has_task: PartyId | None = None,
) -> Choice:
    """`hop_ms`: what a border costs. `has_task`: who works on the task already, and is asked first unless it
    fails.
    """
    weighed = [weigh(candidate, observed.of(candidate.party), now, hop_ms) for candidate in candidates]
    weighed.sort(key=lambda one: (one.avoided, one.cost))
    alike = [one for one in weighed if not one.avoided and one.cost <= _ALIKE * weighed[0].cost]
    chance.shuffle(alike)
    ordered = [*alike, *weighed[len(alike) :]]
    kept = [one for one in ordered if one.candidate.party == has_task and not one.avoided]
    rest = [one for one in ordered if one not in kept]
    return Choice(skill, (*kept, *rest), task, kept=bool(kept))


def weigh(candidate: Candidate, service: Service, now: float, hop_ms: float) -> Weighed:
    """What asking this one costs."""
    record, why = candidate.record, [_distance(candidate)]
    said = float(record.profile.latency_ms or _USUAL_MS) + candidate.domains * hop_ms
    answered = service.asked * (1 - service.failed)
    cost = (said * _SURE + service.ms * answered) / (_SURE + answered) if service.ms else said
    if service.ms:
        why.append(f"answered in {service.ms:.0f} ms")
    elif record.profile.latency_ms:
        why.append(f"says {record.profile.latency_ms} ms")
    load = min(max(record.status.load, 0.0), _FULL)
    if load:
        why.append(f"{load:.0%} loaded")
    cost /= 1 - load
    if record.status.state is Readiness.BUSY:
        why.append("busy")
        cost *= _BUSY
    if service.under_way:
        why.append(f"{service.under_way} of our questions there now")
        cost *= 1 + _BESIDE * service.under_way
    if service.failed > _FAILING:
        why.append(f"failed {service.failed:.0%} of the time")
        cost /= max(1 - service.failed, _FAILING)
    draining = record.status.state is Readiness.DRAINING
    if draining:
        why.append("wants nothing new")
    failing = service.avoid_until > now
    if failing:
        why.append(f"passed over for {service.avoid_until - now:.0f} s more: it failed just now")
    return Weighed(candidate, cost, draining or failing, tuple(why))


def _distance(candidate: Candidate) -> str:
    if not candidate.domains:
        return "of our own domain"
    return f"{candidate.domains} border{'s' if candidate.domains > 1 else ''} away"
