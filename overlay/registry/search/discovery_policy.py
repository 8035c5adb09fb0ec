"""The operator's discovery policy: whom an agent of the domain may find at all (REG-11). Pure.

In this order: services, gateway and operator of the own domain see everybody, and an agent sees itself; whom
a `deny` rule hides from the asker is not seen; whom an `allow` rule shows is; then agents of the own domain
see everybody else, unless `own_domain` says otherwise; nobody else sees anybody. The order of rules does not
matter. What an owner publishes of its agent (`overlay.registry.registration.consent`) comes on top of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from overlay.errors import BadSettings
from overlay.policy import files
from overlay.policy.caller import Caller
from overlay.registry.record import Record
from overlay.registry.search.discovery_rule import DiscoveryRule, check_discovery_rule
from overlay.trust.identity import Role

MAX_RULES = 200
_DOMAIN_ITSELF = frozenset({Role.SERVICE, Role.GATEWAY, Role.OPERATOR})


class DiscoveryPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may find whom. The empty policy: agents of the domain find everybody."""

    allow: tuple[DiscoveryRule, ...] = ()
    deny: tuple[DiscoveryRule, ...] = ()
    own_domain: Literal["allow", "deny"] = "allow"
    """Agents of the own domain, about whom no rule speaks."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the policy says."""

    visible: bool
    why: str


def sees(policy: DiscoveryPolicy, asker: Caller, record: Record) -> Seen:
    """Whether the operator lets `asker` find this agent."""
    who, whom = str(asker.party), record.party
    if not asker.foreign and asker.role in _DOMAIN_ITSELF:
        return Seen(True, f"{who} is a {asker.role} of this domain")
    if who == whom:
        return Seen(True, f"{who} is the agent itself")
    denied = _first(rule for rule in policy.deny if rule.about(asker) and rule.shows(record))
    if denied:
        return Seen(False, f"a rule hides it: {denied}")
    allowed = _first(rule for rule in policy.allow if rule.about(asker) and rule.shows(record))
    if allowed:
        return Seen(True, f"a rule shows it: {allowed}")
    if not asker.foreign and policy.own_domain == "allow":
        return Seen(True, f"{who} is an agent of this domain, and no rule hides {whom}")
    return Seen(False, f"no rule shows {whom} to {who}")


@dataclass(frozen=True, slots=True)
class Sight:
    """The same for one asker and all records at once."""

    everybody: bool
    """But for those that are hidden; else: only those that are shown."""
    shown: tuple[DiscoveryRule, ...] = ()
    hidden: tuple[DiscoveryRule, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether it hides nobody."""
        return self.everybody and not self.hidden


def sight_of(policy: DiscoveryPolicy, asker: Caller) -> Sight:
    """What of the policy is about this asker."""
    if not asker.foreign and asker.role in _DOMAIN_ITSELF:
        return Sight(everybody=True)
    return Sight(
        everybody=not asker.foreign and policy.own_domain == "allow",
        shown=tuple(rule for rule in policy.allow if rule.about(asker)),
        hidden=tuple(rule for rule in policy.deny if rule.about(asker)),
    )


def check_policy(policy: DiscoveryPolicy) -> DiscoveryPolicy:
    """`policy`, if it can be used. Raises BadSettings."""
    if len(policy.allow) + len(policy.deny) > MAX_RULES:
        raise BadSettings(f"a discovery policy has up to {MAX_RULES} rules: name domains, or attributes")
    for effect, rules in (("allow", policy.allow), ("deny", policy.deny)):
        for rule in rules:
            check_discovery_rule(rule, effect)
    return policy


def parse_policy(text: str, where: str) -> DiscoveryPolicy:
    """The policy that a file says; `where` names it in errors. Raises BadSettings."""
    return files.parse_policy(text, DiscoveryPolicy, where, check_policy)


def explain(policy: DiscoveryPolicy) -> list[str]:
    """In words, a line each."""
    lines = [f"hidden: {rule.text}" for rule in policy.deny]
    lines += [f"shown: {rule.text}" for rule in policy.allow]
    usual = "find everybody else" if policy.own_domain == "allow" else "find nobody else"
    return [*lines, f"agents of the own domain {usual}"]


def encode_policy(policy: DiscoveryPolicy) -> bytes:
    """For the registry."""
    return msgspec.json.encode(policy)


def decode_policy(data: bytes) -> DiscoveryPolicy:
    """Raises BadInput."""
    return (
        files.decode_policy(data, DiscoveryPolicy, "discovery policy", check_policy)
        if data
        else DiscoveryPolicy()
    )


def _first(rules: Iterable[DiscoveryRule]) -> str:
    return min((rule.text for rule in rules), default="")
