"""The access policy of an agent, and what it says of one who calls (GW-17). Pure.

In this order: services, gateway and operator of the receiver's own domain are let in; what is asked for by a
name that is no skill or topic is not; what a `deny` rule is about is not; what an `allow` rule is about is;
agents of the own domain are, unless `own_domain` or `closed` says otherwise; nobody else is. The order of
rules does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from overlay.errors import BadInput, BadName, BadSettings, NotPermitted
from overlay.naming.ids import skill_covers
from overlay.naming.topics import check_about, is_pattern
from overlay.policy.caller import Caller
from overlay.policy.rule import Match, Rule, check_rule, names_of
from overlay.trust.identity import Role
from overlay.wire.malformed import MALFORMED

MAX_RULES = 500
_OWN = "from agents of the own domain"
_DOMAIN_ITSELF = frozenset({Role.SERVICE, Role.GATEWAY, Role.OPERATOR})


class AccessPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may call an agent. The empty policy: agents of its own domain."""

    allow: tuple[Rule, ...] = ()
    """One without `from` is about agents of the own domain, unless it says `anyone`."""
    deny: tuple[Rule, ...] = ()
    """One without `from` is about everybody."""
    own_domain: Literal["allow", "deny"] = "allow"
    """Agents of the own domain that no rule names."""
    closed: tuple[str, ...] = ()
    """Skills and topics that agents of the own domain may use by a rule only."""
    tell_wants: bool = True
    """Whether one who is refused is told which credentials would help."""

    @property
    def asks_attributes(self) -> bool:
        """Whether a rule asks for something in the caller's certificate."""
        return any(rule.has_attributes for rule in self.allow) or any(
            rule.has_attributes for rule in self.deny
        )

    takes_per_s: float = 0.0
    """How many messages a second the agent takes from other domains, by its gateway; 0: it does not say."""
    takes_at_once: int = 0
    """How many realtime messages each of its processes handles or keeps at a time; 0: it does not say."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says."""

    allowed: bool
    rule: str
    """The rule that decided, in words; empty: none did."""
    why: str
    """For the receiver's side: not for a stranger's eyes."""
    wants: tuple[str, ...] = ()
    """Types of credentials, any of which would let the caller in if it fits."""
    demands: tuple[str, ...] = ()
    """The same in words: by whom, and with which claims."""

    def refusal(self, *, tell: bool, wrong: Sequence[str] = ()) -> NotPermitted:
        """For the caller. `tell`: which credentials would help, and what is `wrong` with those it showed."""
        wants = self.wants if tell else ()
        asked = f"; one of these credentials would help: {'; or '.join(self.demands)}" if wants else ""
        said = f"; of what you showed: {'; '.join(wrong)}" if tell and wrong else ""
        return NotPermitted(f"not permitted{asked}{said}", wants)


def decide(policy: AccessPolicy, caller: Caller, skill: str) -> Decision:
    """Whether `caller` may use this skill or topic (empty: it named none)."""
    return _decide(policy, caller, skill)


def reachable(policy: AccessPolicy, caller: Caller) -> Decision:
    """Whether `caller` may use anything here, if it shows what it may have: for a gateway, which sees neither
    the skill nor credentials. What it lets through the receiver may still refuse.
    """
    return _decide(policy, caller, None)


def _decide(policy: AccessPolicy, caller: Caller, skill: str | None) -> Decision:
    who, least = str(caller.party), Match.YES if skill is not None else Match.MAYBE
    if not caller.foreign and caller.role in _DOMAIN_ITSELF:
        return Decision(True, "", f"{who} is a {caller.role} of this domain")
    if skill and not is_pattern(skill):  # a handler may take it for one that a rule is about
        return Decision(False, "", f"{who} asks for what is no skill or topic")
    names = names_of(caller.party)
    denying = [rule for rule in policy.deny if rule.names(names, unnamed=True)]
    said = _first(rule for rule in denying if _denies(rule, caller, skill))
    if said:
        return Decision(False, f"deny {said}", f"{who} is denied: a rule denies {said}")
    matches = [
        (rule.match(caller), rule)
        for rule in policy.allow
        if rule.names(names, unnamed=not caller.foreign) and (skill is None or rule.covers(skill))
    ]
    said = _first(rule for match, rule in matches if match >= least)
    if said:
        return Decision(True, f"allow {said}", f"{who} is allowed: a rule allows {said}")
    wants = [rule.credential for match, rule in matches if match is Match.SHOW and rule.credential]
    if not caller.foreign and caller.role is Role.AGENT and _open(policy, skill):
        return Decision(True, "", f"{who} is an agent of this domain, and no rule says otherwise")
    types, demands = {one.type for one in wants}, {one.text for one in wants}
    why = _nobody_allows(policy, caller, skill)
    return Decision(False, "", why, tuple(sorted(types)), tuple(sorted(demands)))


def check_policy(policy: AccessPolicy) -> AccessPolicy:
    """`policy`, if it can be used. Raises BadSettings."""
    if len(policy.allow) + len(policy.deny) > MAX_RULES:
        raise BadSettings(f"an access policy has up to {MAX_RULES} rules: allow whole domains, or attributes")
    for rule in policy.allow:
        check_rule(rule, "allow")
    for rule in policy.deny:
        check_rule(rule, "deny")
    try:
        for skill in policy.closed:
            check_about(skill)
    except BadName as error:
        raise BadSettings(f"closed: {error}") from error
    if not 0 <= policy.takes_per_s < math.inf or policy.takes_at_once < 0:
        raise BadSettings("takes_per_s and takes_at_once are numbers from 0 on; 0: not said")
    return policy


def allowing(origins: Sequence[str], *, skill: str = "") -> Rule:
    """The rule that lets in `name@domain`, `*@domain` or a domain; `anyone` as such. Raises BadSettings."""
    about = (skill,) if skill else ()
    named = tuple(origin for origin in origins if origin != "anyone")
    rule = Rule(about=about, anyone=True) if len(named) < len(origins) else Rule(named, about=about)
    check_rule(rule, "allow")
    return rule


def with_allowed(policy: AccessPolicy, *rules: Rule) -> AccessPolicy:
    """The same, and these may too. Raises BadSettings."""
    allow = list(policy.allow)
    for rule in rules:  # those with claims have no hash
        if rule not in allow:
            allow.append(rule)
    return check_policy(msgspec.structs.replace(policy, allow=tuple(allow)))


def explain(policy: AccessPolicy) -> list[str]:
    """The policy in words, a line each."""
    own = "may call" if policy.own_domain == "allow" else "may not call unless a rule allows it"
    lines = [f"agents of the own domain {own}"]
    lines += (
        [f"closed even to them, unless a rule allows it: {', '.join(policy.closed)}"] if policy.closed else []
    )
    lines += [f"denied: {_sentence(rule, 'from anyone')}" for rule in sorted(policy.deny, key=_text)]
    lines += [f"allowed: {_sentence(rule, _OWN)}" for rule in sorted(policy.allow, key=_text)]
    return [*lines, "nobody else may call"]


def _sentence(rule: Rule, unnamed: str) -> str:
    """A rule that names nobody is about `unnamed`."""
    return rule.text if rule.origins or rule.anyone else f"{unnamed}, {rule.text}"


def encode_policy(policy: AccessPolicy) -> bytes:
    """For the registry."""
    return msgspec.json.encode(policy)


def decode_policy(data: bytes) -> AccessPolicy:
    """Raises BadInput."""
    try:
        return check_policy(msgspec.json.decode(data, type=AccessPolicy))
    except (*MALFORMED, BadSettings) as error:
        raise BadInput(f"this is no access policy: {error}") from error


def _open(policy: AccessPolicy, skill: str | None) -> bool:
    """Whether the own domain's agents need no rule."""
    if policy.own_domain == "deny":
        return False
    return skill is None or not any(
        not skill or skill_covers(one, skill) or skill_covers(skill, one) for one in policy.closed
    )


def _nobody_allows(policy: AccessPolicy, caller: Caller, skill: str | None) -> str:
    what = (
        f" use {skill}" if skill else " call it without naming a skill" if skill is not None else " call it"
    )
    if caller.foreign:
        return f"no rule allows {caller.party}, of a foreign domain, to{what}"
    how = "own_domain is 'deny'" if policy.own_domain == "deny" else "it is closed"
    return f"no rule allows {caller.party} to{what}, and {how}"


def _denies(rule: Rule, caller: Caller, skill: str | None) -> bool:
    """Unknown attributes count as fitting where a message is handled, and not where it only passes."""
    concerned = rule.touches(skill) if skill is not None else not rule.about
    if not concerned:
        return False
    match = rule.match(caller)
    return match is Match.YES or (match is not Match.NO and skill is not None)


def _first(rules: Iterable[Rule]) -> str:
    """One of these, in words: the same in whatever order they were written; empty when there are none."""
    return min((rule.text for rule in rules), default="")


def _text(rule: Rule) -> str:
    return rule.text
