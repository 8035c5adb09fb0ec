"""From a question to what an index is asked: checked once, and clear about what is wrong. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from overlay.errors import BadInput, BadName, TooLarge
from overlay.naming.ids import PartyId, check_domain, check_skill
from overlay.naming.topics import check_topic, patterns_over
from overlay.registry.record import Presence, Readiness, is_resource_id
from overlay.registry.search.places import EARTH_KM
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Near
from overlay.registry.search.terms import (
    CREDENTIAL,
    DOMAIN,
    ID,
    INTERACTION,
    LANGUAGE,
    MODALITY,
    ORGANISATION,
    PARTY,
    PLACE,
    PROTOCOL,
    RESOURCE,
    SERVICE,
    TOPIC,
    Term,
    folded,
    skill_terms,
    words_of,
)
from overlay.registry.search.versions import Versions
from overlay.settings import Settings

_HALF_ROUND_KM = math.pi * EARTH_KM
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*\Z")
_CREDENTIAL = re.compile(r"\S+(?: by did:[a-z0-9]+:\S+)?\Z")
_DID = "did:web:"
_CURSOR = 32 * 1024
_WORDS = ("organisation", "version", "place", "domain", "agent")
_PRESENCES = (*(presence.value for presence in Presence), ANY_PRESENCE)
_STATES = tuple(state.value for state in Readiness)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of these terms must be there."""

    said: str
    """As it was asked, for people: `protocol 'mqtt'`."""
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What an index is asked."""

    conditions: tuple[Condition, ...] = ()
    skills: tuple[str, ...] = ()
    proved: bool = False
    """It asks for credentials, which end."""
    versions: Versions | None = None
    near: Near | None = None
    latency_ms: int | None = None
    presence: str = Presence.ONLINE.value
    status: str = ""
    intent: str = ""
    limit: int = 10
    after: str = ""
    key: bytes = field(default=b"", compare=False)
    """Which question it is, whatever page of it is asked for."""


def compile_query(ask: Find, settings: Settings) -> Query:
    """Raises BadInput, BadName, TooLarge: each names the field, and says what it may be."""
    _check_sizes(ask, settings)
    if ask.limit < 1:
        raise BadInput(f"limit {ask.limit}: ask for at least 1 (up to {settings.registry_page} are answered)")
    if ask.presence not in _PRESENCES:
        raise BadInput(f"presence {ask.presence!r}: it is one of {', '.join(_PRESENCES)}")
    if ask.status not in ("", *_STATES):
        raise BadInput(f"status {ask.status!r}: it is one of {', '.join(_STATES)}")
    if ask.latency_ms is not None and ask.latency_ms <= 0:
        raise BadInput(f"latency_ms {ask.latency_ms}: say how many it may take, 1 or more")
    if ask.intent and not ask.intent.strip():
        raise BadInput("intent is missing: say what is needed, or leave it out")
    if ask.near:
        _check_near(ask.near)
    return Query(
        conditions=tuple(_conditions(ask)),
        skills=ask.skills,
        proved=bool(ask.credentials),
        versions=Versions(ask.version) if ask.version else None,
        near=ask.near,
        latency_ms=ask.latency_ms,
        presence=ask.presence,
        status=ask.status,
        intent=" ".join(ask.intent.split()),
        limit=min(ask.limit, settings.registry_page),
        after=ask.after,
        key=msgspec.msgpack.encode(msgspec.structs.replace(ask, limit=1, after="", cards=False)),
    )


def _conditions(ask: Find) -> Iterator[Condition]:
    for name, said, terms in _LISTED:
        for item in getattr(ask, name):
            yield Condition(f"{said} {item!r}", terms(item))
    if ask.organisation:
        yield Condition(f"organisation {ask.organisation!r}", ((ORGANISATION, folded(ask.organisation)),))
    for word in words_of(ask.place):
        yield Condition(f"place {word!r}", ((PLACE, word),))
    if ask.domain:
        yield Condition(f"domain {ask.domain!r}", ((DOMAIN, check_domain(ask.domain)),))
    if ask.agent:
        yield Condition(f"agent {ask.agent!r}", tuple(_names(ask.agent)))


def _skill(text: str) -> tuple[Term, ...]:
    return skill_terms(check_skill(text))


def _topic(text: str) -> tuple[Term, ...]:
    return tuple((TOPIC, pattern) for pattern in patterns_over(check_topic(text)))


def _language(text: str) -> tuple[Term, ...]:
    if not _LANGUAGE.match(text.lower()):
        raise BadInput(f"language {text!r}: write a BCP 47 tag, such as en, en-GB or zh-Hans")
    return ((LANGUAGE, text.lower()),)


def _credential(text: str) -> tuple[Term, ...]:
    if not _CREDENTIAL.match(text):
        raise BadInput(
            f"credential {text!r}: write a type, such as Audited, or 'Audited by did:web:tuev.example'"
        )
    return ((CREDENTIAL, text),)


def _plain(field: str) -> Callable[[str], tuple[Term, ...]]:
    return lambda text: ((field, folded(text)),)


def _names(text: str) -> Iterator[Term]:
    """Whoever is named by an ID is meant, and not one that has it as a display name."""
    if text.startswith(_DID):
        domain, _, name = text.removeprefix(_DID).partition(":agents:")
        try:
            yield PARTY, str(PartyId.of(name, domain))
        except BadName as error:
            raise BadInput(
                f"agent {text!r}: the DID of an agent is did:web:<domain>:agents:<name>"
            ) from error
        return
    with suppress(BadName):
        yield PARTY, str(PartyId.parse(text))
        return
    if not is_resource_id(text):
        yield ID, folded(text)
    yield RESOURCE, text


def _check_near(near: Near) -> None:
    if not (abs(near.latitude) <= 90 and abs(near.longitude) <= 180):
        raise BadInput(
            f"near {near.latitude:g},{near.longitude:g}: latitude is -90 to 90, longitude -180 to 180"
        )
    if not 0 < near.within_km <= _HALF_ROUND_KM:
        raise BadInput(f"within_km {near.within_km:g}: it is above 0, up to {_HALF_ROUND_KM:.0f}")


def _check_sizes(ask: Find, settings: Settings) -> None:
    for name, _, _ in _LISTED:
        items = getattr(ask, name)
        if len(items) > settings.find_items:
            raise TooLarge(f"{name} has {len(items)} items, up to {settings.find_items} (find_items)")
        for item in items:
            if not item:
                raise BadInput(f"{name} has an empty item: leave it out")
            _check_text(name, item, settings.find_word)
    for name in _WORDS:
        _check_text(name, getattr(ask, name), settings.find_word)
    _check_text("intent", ask.intent, settings.find_intent)
    _check_text("after", ask.after, _CURSOR)


def _check_text(name: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise TooLarge(f"{name} has {len(text)} characters, up to {limit} are read")
    if not text.replace("\n", " ").isprintable():
        raise BadInput(f"{name} contains control characters")


_LISTED: tuple[tuple[str, str, Callable[[str], tuple[Term, ...]]], ...] = (
    ("skills", "skill", _skill),
    ("protocols", "protocol", _plain(PROTOCOL)),
    ("interaction", "interaction mode", _plain(INTERACTION)),
    ("modalities", "modality", _plain(MODALITY)),
    ("languages", "language", _language),
    ("services", "service", _plain(SERVICE)),
    ("topics", "topic", _topic),
    ("credentials", "credential", _credential),
)
"""Fields of `Find` that are lists, what they are called, and what is looked up for an item."""
