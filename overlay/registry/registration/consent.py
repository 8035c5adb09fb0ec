"""The owner's consent: who may see which part of an entry (REG-12). Pure.

`Profile.consent` maps a part to those who may see it. Parts are the fields of a profile, single skills with
all below them (`skills.network.internal`), `status` and `entry`, the whole of it. Who: `nobody`, `domain`
(its own), `everyone`, a domain, or a party. Of what is not named everybody may know.

The agent itself, and the services, the gateway and the operator of its own domain, see everything: they need
it to do their work. One who may not see the entry does not find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from overlay.errors import BadInput, BadName, TooLarge
from overlay.naming.ids import PartyId, check_domain, is_own, is_skill, skill_covers
from overlay.registry.record import Profile, Record, Skill, Status
from overlay.registry.registration.fault import Fault
from overlay.settings import Settings

NOBODY: Final = "nobody"
DOMAIN: Final = "domain"
EVERYONE: Final = "everyone"
ENTRY: Final = "entry"
STATUS: Final = "status"
_SKILLS: Final = "skills"
_KEPT: Final = ("consent", "version")
"""The first is never shown to others, the second always: constraints on versions need it."""
_NOTHING = Profile()
_FIELDS = tuple(field for field in Profile.__struct_fields__ if field not in _KEPT)
PARTS = (ENTRY, STATUS, *_FIELDS)

Consent = Mapping[str, tuple[str, ...]]


def visible(record: Record, asker: PartyId) -> Record | None:
    """What `asker` may see of it; None: not even that it is there. Who may call the agent goes to its
    gateway and operator by questions of their own, and to nobody by this.
    """
    shown = msgspec.structs.replace(record, access=b"") if record.access else record
    consent = record.profile.consent
    if not consent or _is_insider(record, asker):
        return shown
    return _partly(shown, consent, asker)


def visible_to_domain(record: Record, domain: str) -> Record | None:
    """What a whole domain may see: what leaves for its registry. Parties named singly do not count, for the
    peer's registry tells all of its domain the same.
    """
    consent = record.profile.consent
    shown = msgspec.structs.replace(record, access=b"") if record.access else record
    return _partly(shown, consent, domain) if consent else shown


def parse_consent(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """From `part=who`, each with one or, with commas, several. Raises BadInput."""
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        part, sign, who = word.partition("=")
        if not sign or part in found:
            raise BadInput(f"{word!r} is no consent: write part=who, each part once, such as location=domain")
        found[part] = tuple(who.split(","))
    return found


def consent_faults(consent: Consent, settings: Settings) -> Iterator[Fault]:
    """What cannot be understood."""
    if len(consent) > 2 * settings.profile_items:
        limit = f"up to {2 * settings.profile_items}"
        yield Fault("consent", f"has {len(consent)} parts", limit, TooLarge)
        return
    for part, who in consent.items():
        if not _is_part(part):
            yield Fault("consent", f"names {part[:60]!r}", f"one of {', '.join(PARTS)}, or skills.<skill>")
        yield from _audience_faults(f"consent.{part[:60]}", who, settings)


def _audience_faults(where: str, who: tuple[str, ...], settings: Settings) -> Iterator[Fault]:
    if not who:
        yield Fault(where, "names nobody", f"write {NOBODY!r} if that is meant")
    if len(who) > settings.profile_items:
        yield Fault(
            where, f"has {len(who)} items", f"up to {settings.profile_items}: profile_items", TooLarge
        )
        return
    for one in who:
        if not _is_audience(one):
            allowed = f"{NOBODY}, {DOMAIN}, {EVERYONE}, a domain with a dot, or name@domain"
            yield Fault(where, f"names {one[:60]!r}", allowed)
    if len(who) > 1 and not {NOBODY, EVERYONE}.isdisjoint(who):
        yield Fault(where, f"names others beside {NOBODY} or {EVERYONE}", "either these or others")


def _is_part(text: str) -> bool:
    kind, _, skill = text.partition(".")
    return text in PARTS or (kind == _SKILLS and is_skill(skill))


def _is_audience(text: str) -> bool:
    if text in (NOBODY, DOMAIN, EVERYONE):
        return True
    try:
        if "@" in text:
            PartyId.parse(text)
        else:
            check_domain(text)
    except BadName:
        return False
    return "@" in text or "." in text


def _is_insider(record: Record, asker: PartyId) -> bool:
    party = PartyId.parse(record.party)
    return asker == party or (asker.domain == party.domain and is_own(asker.name))


def _partly(record: Record, consent: Consent, asker: PartyId | str) -> Record | None:
    home = PartyId.parse(record.party).domain

    def permits(part: str) -> bool:
        who = consent.get(part)
        return who is None or _counts(who, home, asker)

    if not permits(ENTRY):
        return None
    hidden = {field: getattr(_NOTHING, field) for field in _FIELDS if not permits(field)}
    skills = () if _SKILLS in hidden else _shown_skills(record.profile, consent, permits)
    profile = msgspec.structs.replace(record.profile, **{**hidden, _SKILLS: skills, "consent": {}})
    return msgspec.structs.replace(
        record,
        profile=profile,
        status=record.status if permits(STATUS) else Status(),
        organisation=record.organisation if permits("organisation") else "",
        verified=record.verified if permits("credentials") else (),
    )


def _shown_skills(profile: Profile, consent: Consent, permits: Callable[[str], bool]) -> tuple[Skill, ...]:
    single = [part.removeprefix(f"{_SKILLS}.") for part in consent if part.startswith(f"{_SKILLS}.")]
    if not single:
        return profile.skills
    return tuple(
        skill
        for skill in profile.skills
        if all(permits(f"{_SKILLS}.{part}") for part in single if skill_covers(part, skill.id))
    )


def _counts(who: tuple[str, ...], home: str, asker: PartyId | str) -> bool:
    if EVERYONE in who:
        return True
    domain = asker if isinstance(asker, str) else asker.domain
    if domain in who or (DOMAIN in who and domain == home):
        return True
    return not isinstance(asker, str) and str(asker) in who
