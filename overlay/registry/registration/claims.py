"""What an agent may say of itself: what its certificate names or credentials of it grant (REG-2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from overlay.credentials.credential import Credential
from overlay.errors import Refused
from overlay.naming.ids import is_skill, skill_covers
from overlay.naming.topics import fixed_part, is_wide
from overlay.registry.record import Profile, Verified
from overlay.registry.registration.fault import Fault, raise_faults
from overlay.settings import Settings
from overlay.trust.identity import Identity


@dataclass(frozen=True, slots=True)
class Vetted:
    """What came of the credentials of one profile."""

    good: tuple[Credential, ...] = ()
    bad: tuple[Fault, ...] = ()
    unknown: str = ""
    """Why nobody could say of one of them; empty: of all it is known."""


ALL = "topics"
"""The scope that permits to subscribe to whatever topics."""
UNVETTED = Vetted()
"""Of what nobody looked at: nothing counts."""


class Rights(msgspec.Struct, frozen=True):
    """What an agent may claim."""

    skills: tuple[str, ...]
    organisations: tuple[str, ...]
    scopes: tuple[str, ...] = ()

    def skill(self, wanted: str) -> bool:
        """Whether it, or one above it, is granted."""
        return any(skill_covers(wide, wanted) for wide in self.skills)

    def topic(self, wanted: str) -> bool:
        """One topic anybody may hear of; many at once whoever is certified for what they begin with, as a
        skill or scope, or has the scope `topics` (AG-7).
        """
        if not is_wide(wanted):
            return True
        words = fixed_part(wanted)
        return any(skill_covers(wide, words) for wide in (*self.skills, *self.scopes)) or ALL in self.scopes

    def organisation(self, wanted: str) -> bool:
        """Who names none claims none."""
        return not wanted or wanted in self.organisations


def rights_of(identity: Identity, verified: Sequence[Credential], settings: Settings) -> Rights:
    """By its certificate, and by credentials of the types that the settings name."""
    skills, organisations = list(identity.skills), [identity.attributes.organisation]
    for credential in verified:
        if credential.type in settings.skill_credentials:
            skills += _words(credential.claims, "skills")
        if credential.type in settings.organisation_credentials:
            organisations += _names(credential.claims.get("organisation"))
    named = tuple(name for name in organisations if name)
    return Rights(tuple(skills), named, identity.attributes.scopes)


def check_claims(profile: Profile, identity: Identity, rights: Rights) -> None:
    """Raises Refused, naming each claim that is beyond them, and what would help."""
    raise_faults(list(_beyond(profile, identity, rights)), f"the profile of {identity.party}")


def within(profile: Profile, rights: Rights) -> Profile:
    """The same without what is beyond them: what is left when a certificate or credential ended."""
    skills = tuple(skill for skill in profile.skills if rights.skill(skill.id))
    topics = tuple(topic for topic in profile.topics if rights.topic(topic))
    organisation = profile.organisation if rights.organisation(profile.organisation) else ""
    kept = msgspec.structs.replace(profile, skills=skills, topics=topics, organisation=organisation)
    return profile if kept == profile else kept


def as_verified(credentials: Sequence[Credential]) -> tuple[Verified, ...]:
    """As a record keeps them."""
    return tuple(Verified(one.type, one.issuer, one.valid_until) for one in credentials)


def _beyond(profile: Profile, identity: Identity, rights: Rights) -> Iterator[Fault]:
    certified = ", ".join(identity.skills) or "none"
    for number, skill in enumerate(profile.skills):
        if not rights.skill(skill.id):
            wrong = f"{skill.id!r} is not in the certificate of {identity.party}, nor granted by a credential"
            todo = f"it has: {certified}; ask the operator for a join token with it, or for a credential"
            yield Fault(f"skills[{number}]", wrong, todo, Refused)
    for number, topic in enumerate(profile.topics):
        if not rights.topic(topic):
            words = fixed_part(topic)
            wrong = f"{topic!r} means many topics, which the certificate of {identity.party} does not permit"
            either = f"the skill or scope {words!r}, or " if words else ""
            todo = f"subscribe to single ones, or ask the operator for {either}the scope {ALL!r}"
            yield Fault(f"topics[{number}]", wrong, todo, Refused)
    if not rights.organisation(profile.organisation):
        named = ", ".join(rights.organisations) or "none"
        wrong = f"{profile.organisation!r} is not the one in the certificate of {identity.party}"
        yield Fault("organisation", wrong, f"it has: {named}; leave it out, or apply to the CA", Refused)


def _words(claims: Mapping[str, object], name: str) -> Iterator[str]:
    value = claims.get(name)
    said = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(said, list):
        yield from (word for word in said if isinstance(word, str) and is_skill(word))


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
