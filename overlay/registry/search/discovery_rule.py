"""One rule of a discovery policy: who looks, and whom it is about. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadName, BadSettings
from overlay.naming.ids import check_skill, skill_covers
from overlay.policy.caller import Caller
from overlay.policy.rule import ANY_NAME, Match, Rule, check_origin, check_rule, names_of
from overlay.registry.record import Record
from overlay.registry.search.terms import DOMAIN, ORGANISATION, PARTY, Term, folded, skill_terms


class DiscoveryRule(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origins": "from", "targets": "to"}
):
    """Who looks, and who is looked for. All that is said must be true; what is left out does not matter."""

    origins: tuple[str, ...] = ()
    """Of who looks: `alice@a.example`, `*@a.example` or `a.example`: one of them."""
    organisation: str = ""
    function: str = ""
    scopes: tuple[str, ...] = ()
    certified_skills: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """Of who is looked for: an agent ID or a domain: one of them."""
    skills: tuple[str, ...] = ()
    """It has one of these, or one below."""
    organisations: tuple[str, ...] = ()
    """It is of one of these."""

    def about(self, asker: Caller) -> bool:
        """Whether the asker is meant."""
        rule = self.asker
        return rule.names(names_of(asker.party), unnamed=True) and rule.match(asker) is Match.YES

    def shows(self, record: Record) -> bool:
        """Whether this record is meant."""
        domain = record.party.partition("@")[2]
        return (
            (not self.targets or not {record.party, domain, f"{ANY_NAME}{domain}"}.isdisjoint(self.targets))
            and (not self.skills or any(_has(record, skill) for skill in self.skills))
            and (not self.organisations or not _names(record).isdisjoint(map(folded, self.organisations)))
        )

    @property
    def asker(self) -> Rule:
        """What it says of who looks, as a rule of an access policy."""
        return Rule(
            origins=self.origins,
            organisation=self.organisation,
            function=self.function,
            scopes=self.scopes,
            certified_skills=self.certified_skills,
        )

    @property
    def terms(self) -> list[list[Term]]:
        """What it says of who is looked for: one term of each list."""
        targets = [
            (PARTY, one) if "@" in one and not one.startswith(ANY_NAME) else (DOMAIN, _domain(one))
            for one in self.targets
        ]
        skills = [term for skill in self.skills for term in skill_terms(skill)]
        organisations = [(ORGANISATION, folded(name)) for name in self.organisations]
        return [terms for terms in (targets, skills, organisations) if terms]

    @property
    def text(self) -> str:
        """In words."""
        parts = [f"to {' or '.join(self.targets)}"] if self.targets else []
        parts += [f"with skill {' or '.join(self.skills)}"] if self.skills else []
        parts += [f"of organisation {' or '.join(self.organisations)}"] if self.organisations else []
        return f"{self.asker.text or 'anybody'} → {', '.join(parts) or 'everybody'}"


def check_discovery_rule(rule: DiscoveryRule, effect: str) -> None:
    """Raises BadSettings."""
    if rule == DiscoveryRule():
        raise BadSettings(
            f"a rule of [[{effect}]] says nothing: write who looks (from), or whom they see (to)"
        )
    if rule.asker != Rule():
        check_rule(rule.asker, effect)
    try:
        for target in rule.targets:
            check_origin(target)
        for skill in rule.skills:
            check_skill(skill)
    except BadName as error:
        raise BadSettings(f"a rule of [[{effect}]]: {error}") from error


def _has(record: Record, wanted: str) -> bool:
    return any(skill_covers(wanted, skill.id) for skill in record.profile.skills)


def _names(record: Record) -> set[str]:
    return {folded(name) for name in (record.organisation, record.profile.organisation) if name}


def _domain(text: str) -> str:
    return text.removeprefix(ANY_NAME)
