"""A description in natural language: text for search, and the headlines that are explicit. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from overlay.description.description import Description
from overlay.description.enforcement import access_of
from overlay.errors import BadInput, BadName
from overlay.naming.ids import check_skill
from overlay.policy.scheme import Kind, parse_schemes
from overlay.registry.record import Profile, Skill
from overlay.registry.registration.profile import check_profile
from overlay.settings import Settings

_HEADLINE = re.compile(r"\s*(?:[-*]\s+)?(?:\*\*)?([A-Za-z]+)(?:\*\*)?:(?:\*\*)?\s+(\S.*)\Z")
_TITLE = re.compile(r"#\s+(\S.*)\Z")
_LISTS = ("languages", "modalities", "protocols", "services", "topics", "security")
_WORDS = {
    "name": "display_name",
    "version": "version",
    "organisation": "organisation",
    "organization": "organisation",
    "location": "location",
}


def read_text(text: str, settings: Settings) -> Description:
    """`Skills: network.fault-diagnosis, text.echo` on a line of its own fills the profile's skills, and so do
    Languages, Modalities, Protocols, Services, Topics, Security, Name, Version, Organisation, Location and
    Latency; the first heading is a name, too. All else is the description. Who may call is what `Security:`
    says, else agents of the own domain: a description without any rule is none.

    Raises BadInput, TooLarge: also for headlines that say the same twice.
    """
    found: dict[str, object] = {}
    kept = [line for line in text.splitlines() if not _headline(line, found)]
    said = {"security": (str(Kind.OWN_DOMAIN),), "description": "\n".join(kept).strip(), **found}
    profile = msgspec.structs.replace(Profile(), **said)
    check_profile(profile, settings, ours=False)
    access_of(profile)
    return Description(profile)


def _headline(line: str, found: dict[str, object]) -> bool:
    """Whether this line fills a field. One that cannot be what its headline says stays text."""
    line = line.rstrip()
    title = _TITLE.match(line)
    if title:
        return "display_name" not in found and _put(found, "display_name", title[1])
    match = _HEADLINE.match(line)
    if match is None:
        return False
    word, value = match[1].lower(), match[2]
    if word == "skills":
        return _fill(found, "skills", lambda: tuple(Skill(check_skill(item)) for item in _items(value)))
    if word == "latency":
        return _latency(value, found)
    if word in _LISTS:
        return _fill(found, word, lambda: _checked(word, _items(value)))
    return word in _WORDS and _put(found, _WORDS[word], value)


def _checked(word: str, items: tuple[str, ...]) -> tuple[str, ...]:
    for item in items:
        if word == "topics":
            check_skill(item)
        elif word == "security":
            _security(item)
    return items


def _security(item: str) -> None:
    """A rule that is misread would open what it should close: it is refused, not kept as text."""
    try:
        parse_schemes(item)
    except BadInput as error:
        raise BadInput(f"Security: {error}") from error


def _fill(found: dict[str, object], field: str, read: Callable[[], tuple[object, ...]]) -> bool:
    try:
        return _put(found, field, read())
    except BadName:
        return False


def _latency(value: str, found: dict[str, object]) -> bool:
    match = re.fullmatch(r"(\d{1,8})\s*(ms|s)", value)
    if match is None:
        return False
    return _put(found, "latency_ms", int(match[1]) * (1000 if match[2] == "s" else 1))


def _put(found: dict[str, object], field: str, value: object) -> bool:
    if field in found and field != "display_name":
        raise BadInput(f"{field} is said twice: keep one of the lines")
    found[field] = value
    return True


def _items(value: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip().rstrip(".") for part in value.split(",")) if item)
