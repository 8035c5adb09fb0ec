"""One rule of an access policy: whom it is about, and for which skills. Pure."""

from __future__ import annotations

import json
from enum import IntEnum

import msgspec

from overlay.errors import BadName, BadSettings
from overlay.naming.ids import PartyId, check_domain, check_name, check_skill, skill_covers
from overlay.naming.topics import check_about
from overlay.policy.caller import Caller, Claim, Shown
from overlay.trust.attributes import Attributes

ANY_NAME = "*@"


class Match(IntEnum):
    """How far a rule is about a caller."""

    NO = 0
    MAYBE = 1
    """It would be, if the caller's certificate, which is not known here, says what the rule asks for."""
    SHOW = 2
    """It would be, if the caller showed a credential that the rule asks for."""
    YES = 3


class Demand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credential that the caller has to show."""

    type: str
    issuer: str = ""
    """A DID; empty: any issuer on the trust list of the receiver's domain."""
    claims: dict[str, Claim] = {}
    """Each of these, with this value."""

    @property
    def text(self) -> str:
        """In words."""
        issuer = f" by {self.issuer}" if self.issuer else ""
        claims = "".join(f", {name} = {json.dumps(value)}" for name, value in sorted(self.claims.items()))
        return f"{self.type}{issuer}{claims}"

    def met_by(self, shown: Shown) -> bool:
        """Whether this credential is one."""
        return (
            self.type == shown.type
            and self.issuer in ("", shown.issuer)
            and all(_same(shown.claims.get(name), value) for name, value in self.claims.items())
        )


class Rule(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origins": "from", "about": "for"}
):
    """All that is said must be true of the caller; what is left out does not matter."""

    origins: tuple[str, ...] = ()
    """`alice@b.example`, `*@b.example` or `b.example`: one of them."""
    anyone: bool = False
    """Whoever it is, of whatever domain."""
    about: tuple[str, ...] = ()
    """Skills and topics of the receiver that it is about, with all below them; none: everything."""
    organisation: str = ""
    function: str = ""
    """The caller's function type, or one below it."""
    scopes: tuple[str, ...] = ()
    """All of them, in the caller's certificate: these or wider ones."""
    certified_skills: tuple[str, ...] = ()
    """The same for the skills in the caller's certificate."""
    credential: Demand | None = None

    def names(self, names: frozenset[str], *, unnamed: bool) -> bool:
        """Whether it is about a caller who is called by `names`; `unnamed`: what one without `from` says."""
        return not names.isdisjoint(self.origins) if self.origins else self.anyone or unnamed

    def match(self, caller: Caller) -> Match:
        """How far the caller, whom it names, is what else it asks for."""
        attributes = caller.attributes
        if self.has_attributes and attributes is not None and not self._fits(attributes):
            return Match.NO
        if self.has_attributes and attributes is None:
            return Match.MAYBE
        if self.credential is None or any(self.credential.met_by(shown) for shown in caller.shown):
            return Match.YES
        return Match.SHOW

    def covers(self, skill: str) -> bool:
        """Whether all that is asked for by this name is covered."""
        return not self.about or any(skill_covers(one, skill) for one in self.about)

    def touches(self, skill: str) -> bool:
        """Whether something that may be meant by this name is covered: a question for a skill above, or for
        none, goes to one below.
        """
        return self.covers(skill) or not skill or any(skill_covers(skill, one) for one in self.about)

    @property
    def has_attributes(self) -> bool:
        """Whether it asks for something in the caller's certificate."""
        return bool(self.organisation or self.function or self.scopes or self.certified_skills)

    @property
    def text(self) -> str:
        """In words."""
        who = " or ".join(self.origins) or ("anyone" if self.anyone else "")
        words = [f"from {who}"] if who else []
        words += [f"for {' or '.join(self.about)}"] if self.about else []
        words += [f"of organisation {json.dumps(self.organisation)}"] if self.organisation else []
        words += [f"with function {self.function}"] if self.function else []
        words += [f"with scopes {' and '.join(self.scopes)}"] if self.scopes else []
        words += [f"certified for {' and '.join(self.certified_skills)}"] if self.certified_skills else []
        words += [f"with a credential {self.credential.text}"] if self.credential else []
        return ", ".join(words)

    def _fits(self, attributes: Attributes) -> bool:
        return (
            self.organisation in ("", attributes.organisation)
            and (not self.function or skill_covers(self.function, attributes.function))
            and all(any(skill_covers(has, one) for has in attributes.scopes) for one in self.scopes)
            and all(any(skill_covers(has, one) for has in attributes.skills) for one in self.certified_skills)
        )


def names_of(party: PartyId) -> frozenset[str]:
    """As what a rule may name it."""
    return frozenset((str(party), f"{ANY_NAME}{party.domain}", party.domain))


def check_rule(rule: Rule, effect: str) -> None:
    """Raises BadSettings."""
    if rule == Rule():
        raise BadSettings(
            f"a rule of [[{effect}]] says nothing: write whom it is about (from = […]), or for what"
        )
    if rule.anyone and rule.origins:
        raise BadSettings(f"a rule of [[{effect}]] has both from and anyone: leave one out")
    if effect == "deny" and rule.credential:
        raise BadSettings("a rule of [[deny]] cannot ask for a credential: nobody would show it")
    if rule.credential and not rule.credential.text.isprintable():
        raise BadSettings(
            f"a rule of [[{effect}]]: type, issuer and claims of a credential are printable words"
        )
    try:
        for origin in rule.origins:
            check_origin(origin)
        for about in rule.about:
            check_about(about)
        slugs = (*rule.scopes, *rule.certified_skills)
        for slug in (*slugs, rule.function) if rule.function else slugs:
            check_skill(slug)
    except BadName as error:
        raise BadSettings(f"a rule of [[{effect}]]: {error}") from error


def check_origin(text: str) -> str:
    """`text`, if it is `name@domain`, `*@domain` or a domain. Raises BadName."""
    name, at, domain = text.rpartition("@")
    if at and name != "*":
        check_name(name)
    check_domain(domain)
    return text


def _same(found: object, wanted: Claim) -> bool:
    """1 is not true: Python would say so."""
    return type(found) is type(wanted) and found == wanted
