"""What an agent may say of itself (REG-1, REG-2): formats, sizes, and what has to be there. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from overlay.errors import OverlayError, TooLarge
from overlay.naming.ids import is_skill
from overlay.naming.topics import is_pattern
from overlay.policy.scheme import parse_schemes
from overlay.registry.record import Interface, Place, Profile, Skill
from overlay.registry.registration.consent import consent_faults
from overlay.registry.registration.fault import Fault, raise_faults
from overlay.registry.registration.version import is_version
from overlay.settings import Settings

KINDS = ("structured", "natural-language")
MAX_LATENCY_MS = 86_400_000
_TOPIC_WORDS = "lower-case words joined by dots, '*' once for any word, '>' at the end for all below"
_SKILL_WORDS = "lower-case words joined by dots, such as 'network.fault-diagnosis', up to 80 characters"
_LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*\Z"
)
_MODALITY = re.compile(r"[a-z0-9][a-z0-9-]*(?:/(?:\*|[a-z0-9][a-z0-9.+-]*))?\Z")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._/-]*(?: [A-Za-z0-9+._/-]+)*\Z")


def _is_scheme(text: str) -> bool:
    try:
        parse_schemes(text)
    except OverlayError:
        return False
    return True


_FORMATS: dict[str, tuple[Callable[[str], object], str]] = {
    "languages": (_LANGUAGE.match, "a BCP 47 tag, such as 'en', 'zh-Hans' or 'pt-BR'"),
    "modalities": (_MODALITY.match, "a word or media type, such as 'text', 'audio/wav' or 'image/*'"),
    "protocols": (_TOKEN.match, "words such as 'overlay', 'a2a 1.0 JSONRPC' or 'mcp/2025-06-18'"),
    "interaction": (_TOKEN.match, "a word such as 'request' or 'stream'"),
    "skills": (is_skill, _SKILL_WORDS),
    "topics": (is_pattern, _TOPIC_WORDS),
    "services": (str.isprintable, "printable characters"),
    "security": (_is_scheme, "a security scheme, such as 'own-domain' or 'credential:TYPE'"),
}
_LISTS = ("protocols", "interaction", "modalities", "languages", "topics", "services", "security")
_WORDS = ("display_name", "organisation", "location")
_size = msgspec.msgpack.Encoder().encode


def check_profile(profile: Profile, settings: Settings, *, ours: bool = True) -> None:
    """Raises BadInput, or TooLarge when nothing else is wrong: the text names every field, what is wrong
    with it, and what is allowed. `ours`: `registry_require` counts, too.
    """
    faults = profile_faults(profile, settings)
    raise_faults([*incomplete(profile, settings), *faults] if ours else faults)


def profile_faults(profile: Profile, settings: Settings) -> list[Fault]:
    """All that is wrong with what it says."""
    size = len(_size(profile))
    if size > settings.profile_bytes:  # it is looked at no further: what it is made of may cost anything
        limit = f"all of it together up to {settings.profile_bytes}: profile_bytes"
        return [Fault("the profile", f"has {size} bytes", limit, TooLarge)]
    found = [*_words(profile, settings), *_numbers(profile)]
    for field in _LISTS:
        found += _list(field, getattr(profile, field), settings)
    found += _skills(profile, settings)
    found += _interfaces(profile.interfaces, settings)
    found += _credentials(profile.credentials, settings)
    found += consent_faults(profile.consent, settings)
    return found


def incomplete(profile: Profile, settings: Settings) -> Iterator[Fault]:
    """What this registry wants of every agent, and it does not say."""
    for field in settings.registry_require:
        if not getattr(profile, field):
            yield Fault(field, "is missing", "this registry wants it of every agent: registry_require")


def _words(profile: Profile, settings: Settings) -> Iterator[Fault]:
    for field in _WORDS:
        yield from _text(field, getattr(profile, field), settings.profile_word)
    yield from _text("description", profile.description, settings.profile_text)
    if not is_version(profile.version):
        yield Fault("version", f"is {_shown(profile.version)}", "up to three numbers, such as '1.2'")


def _numbers(profile: Profile) -> Iterator[Fault]:
    if not 0 <= profile.latency_ms <= MAX_LATENCY_MS:
        yield Fault("latency_ms", f"is {profile.latency_ms}", f"from 0 to {MAX_LATENCY_MS}")
    if profile.place is not None:
        yield from _place(profile.place)


def _place(place: Place) -> Iterator[Fault]:
    for field, value, limit in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        if not (math.isfinite(value) and abs(value) <= limit):
            yield Fault(f"place.{field}", f"is {value}", f"degrees from -{limit} to {limit}")


def _skills(profile: Profile, settings: Settings) -> Iterator[Fault]:
    yield from _unique("skills", [skill.id for skill in profile.skills], settings)
    for number, skill in enumerate(profile.skills):
        yield from _skill(f"skills[{number}]", skill, profile, settings)


def _skill(where: str, skill: Skill, profile: Profile, settings: Settings) -> Iterator[Fault]:
    if not is_skill(skill.id):
        yield Fault(f"{where}.id", f"is {_shown(skill.id)}", _SKILL_WORDS)
    yield from _text(f"{where}.name", skill.name, settings.profile_word)
    yield from _text(f"{where}.abstract", skill.abstract, settings.profile_text)
    yield from _text(f"{where}.inputs", skill.inputs, settings.profile_text)
    for service in sorted({*skill.services} - {*profile.services}):
        said = _shown(", ".join(profile.services)) if profile.services else "none"
        yield Fault(f"{where}.services", f"names {_shown(service)}", f"one of the profile's: {said}")


def _interfaces(interfaces: Sequence[Interface], settings: Settings) -> Iterator[Fault]:
    yield from _unique("interfaces", [one.id for one in interfaces], settings)
    for number, one in enumerate(interfaces):
        where = f"interfaces[{number}]"
        yield from _text(f"{where}.id", one.id, settings.profile_word)
        if one.kind not in KINDS:
            yield Fault(f"{where}.kind", f"is {_shown(one.kind)}", " or ".join(KINDS))
        if not _TOKEN.match(one.protocol):
            yield Fault(f"{where}.protocol", f"is {_shown(one.protocol)}", _FORMATS["protocols"][1])
        yield from _text(f"{where}.protocol", one.protocol, settings.profile_word)
        yield from _text(f"{where}.address", one.address, 4 * settings.profile_word)
        yield from _text(f"{where}.schema", one.schema, 4 * settings.profile_word)
        yield from _text(f"{where}.description", one.description, settings.profile_text)
        yield from _list(f"{where}.skills", one.skills, settings)
        yield from _list(f"{where}.security", one.security, settings)


def _credentials(credentials: Sequence[str], settings: Settings) -> Iterator[Fault]:
    limit = settings.profile_credentials
    if len(credentials) > limit:
        said = f"up to {limit}: profile_credentials"
        yield Fault("credentials", f"has {len(credentials)} items", said, TooLarge)
    for number, one in enumerate(credentials):
        if not one or not one.isascii() or not one.isprintable():
            yield Fault(f"credentials[{number}]", "is not a JWT", "a verifiable credential as compact JWS")


def _list(field: str, items: Sequence[str], settings: Settings) -> Iterator[Fault]:
    yield from _unique(field, items, settings)
    fits, allowed = _FORMATS[field.rpartition(".")[2]]
    for number, item in enumerate(items):
        where = f"{field}[{number}]"
        if item and not fits(item):
            yield Fault(where, f"is {_shown(item)}", allowed)
        yield from _text(where, item, settings.profile_word)


def _unique(field: str, items: Sequence[str], settings: Settings) -> Iterator[Fault]:
    if len(items) > settings.profile_items:
        said = f"up to {settings.profile_items}: profile_items"
        yield Fault(field, f"has {len(items)} items", said, TooLarge)
    if len(set(items)) != len(items):
        twice = next(item for item, count in Counter(items).items() if count > 1)
        yield Fault(field, f"names {_shown(twice)} twice", "each once")
    if "" in items:
        yield Fault(field, "has an empty item", "say something, or leave it out")


def _text(field: str, text: str, limit: int) -> Iterator[Fault]:
    if len(text) > limit:
        yield Fault(field, f"has {len(text)} characters", f"up to {limit}", TooLarge)
    if not text.replace("\n", "").isprintable():
        yield Fault(field, "contains control characters", "printable characters")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
