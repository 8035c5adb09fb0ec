"""The words by which a record is found, each in its field. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from overlay.naming.ids import PartyId
from overlay.registry.record import Profile, Record

Term = tuple[str, str]
"""Field and value."""

SKILL: Final = "skill"
"""Just this one."""
BELOW: Final = "below"
"""Has a skill below this one."""
PROTOCOL: Final = "protocol"
INTERACTION: Final = "interaction"
MODALITY: Final = "modality"
SERVICE: Final = "service"
LANGUAGE: Final = "language"
TOPIC: Final = "topic"
CREDENTIAL: Final = "credential"
ORGANISATION: Final = "organisation"
PLACE: Final = "place"
DOMAIN: Final = "domain"
ID: Final = "id"
"""Display name: anybody may have any."""
RESOURCE: Final = "resource"
"""Resource ID."""
PARTY: Final = "party"
"""Agent ID; an index knows it without being told."""
_WORD = re.compile(r"\w+")


def folded(text: str) -> str:
    """As it is compared."""
    return " ".join(text.casefold().split())


def words_of(text: str) -> list[str]:
    """Of a place: each once."""
    return list(dict.fromkeys(_WORD.findall(text.casefold())))


def skill_terms(skill: str) -> tuple[Term, Term]:
    """Who has one of these has the skill, or one below it."""
    return (SKILL, skill), (BELOW, skill)


def terms_of(record: Record) -> Iterator[Term]:
    """Each at least once."""
    profile = record.profile
    yield from _with_wider(profile)
    for field, values in (
        (PROTOCOL, (*profile.protocols, *(interface.protocol for interface in profile.interfaces))),
        (INTERACTION, (*profile.interaction, *(interface.kind for interface in profile.interfaces))),
        (MODALITY, profile.modalities),
        (SERVICE, profile.services),
        (ORGANISATION, (record.organisation, profile.organisation)),
        (ID, (profile.display_name,)),
    ):
        for value in values:
            if value:
                yield field, folded(value)
    for topic in profile.topics:
        yield TOPIC, topic
    for proof in record.verified:
        yield CREDENTIAL, proof.type
        yield CREDENTIAL, f"{proof.type} by {proof.issuer}"
    for word in words_of(profile.location):
        yield PLACE, word
    yield DOMAIN, PartyId.parse(record.party).domain
    yield RESOURCE, record.resource_id


def _with_wider(profile: Profile) -> Iterator[Term]:
    for skill in profile.skills:
        yield SKILL, skill.id
        above = skill.id
        while "." in above:
            above = above.rpartition(".")[0]
            yield BELOW, above
    for language in profile.languages:
        wider = language.lower()
        while wider:
            yield LANGUAGE, wider
            wider = wider.rpartition("-")[0]
