"""What of a record leaves for a peer: what its owner consents to, and the operator exports. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from overlay.policy.export import ExportPolicy, Shown, exported
from overlay.registry.record import Interface, Record
from overlay.registry.registration.consent import visible_to_domain


@dataclass(frozen=True, slots=True)
class OfRecord:
    """`overlay.policy.export.Offered` of an agent of ours."""

    name: str
    organisation: str
    skills: tuple[str, ...]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, record: Record) -> OfRecord:
        """By the record as it is, whatever its owner lets others see."""
        profile = record.profile
        skills = tuple(skill.id for skill in profile.skills)
        return cls(record.party.partition("@")[0], record.organisation, skills, profile.topics)


def shown_to(record: Record, domain: str, policy: ExportPolicy) -> Record | None:
    """The record as the registry of `domain` may have it; None: that domain must not know of the agent."""
    permitted = visible_to_domain(record, domain)
    if permitted is None or policy.is_open:
        return permitted
    shown = exported(policy, OfRecord.of(record))
    return None if shown is None else _only(permitted, shown)


def _only(record: Record, shown: Shown) -> Record:
    profile = record.profile
    offers = {*shown.skills, *shown.topics}
    hidden = {*(skill.id for skill in profile.skills), *profile.topics} - offers
    if not hidden:
        return record
    return msgspec.structs.replace(
        record,
        profile=msgspec.structs.replace(
            profile,
            skills=tuple(skill for skill in profile.skills if skill.id in offers),
            topics=tuple(topic for topic in profile.topics if topic in offers),
            interfaces=tuple(_interfaces(profile.interfaces, hidden)),
        ),
    )


def _interfaces(interfaces: Iterable[Interface], hidden: set[str]) -> Iterable[Interface]:
    """Without those that are for something hidden only: their IDs and schemas would tell of it."""
    for one in interfaces:
        left = tuple(skill for skill in one.skills if skill not in hidden)
        if one.id not in hidden and (left or not one.skills):
            yield msgspec.structs.replace(one, skills=left)
