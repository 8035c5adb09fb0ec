"""What a peer would see under an export policy, and how that differs from now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from overlay.policy.export import ExportPolicy
from overlay.registry.peers.showing import shown_to
from overlay.registry.record import Record


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of one agent: names of skills and of topics."""

    agent: str
    skills: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def without(self, other: Seen | None) -> Seen | None:
        """What the other does not have; None: nothing."""
        if other is None:
            return self
        skills = tuple(one for one in self.skills if one not in other.skills)
        topics = tuple(one for one in self.topics if one not in other.topics)
        return Seen(self.agent, skills, topics) if skills or topics else None


@dataclass(frozen=True, slots=True)
class Preview:
    """By agent, in order of IDs."""

    agents: int
    """How many our domain has."""
    seen: tuple[Seen, ...]
    shown: tuple[Seen, ...]
    """What is not seen now, and would be."""
    hidden: tuple[Seen, ...]
    """What is seen now, and would not be."""


def preview(records: Iterable[Record], domain: str, now: ExportPolicy, then: ExportPolicy) -> Preview:
    """What the registry of `domain` sees under `then`, beside `now`."""
    found = sorted(records, key=lambda record: record.party)
    before = _seen(found, domain, now)
    after = before if now == then else _seen(found, domain, then)
    shown = (one.without(before.get(party)) for party, one in after.items())
    hidden = (one.without(after.get(party)) for party, one in before.items())
    return Preview(
        len(found),
        tuple(after.values()),
        tuple(one for one in shown if one is not None),
        tuple(one for one in hidden if one is not None),
    )


def _seen(records: Iterable[Record], domain: str, policy: ExportPolicy) -> dict[str, Seen]:
    found = {}
    for record in records:
        told = shown_to(record, domain, policy)
        if told is not None:
            skills = tuple(skill.id for skill in told.profile.skills)
            found[record.party] = Seen(record.party, skills, told.profile.topics)
    return found
