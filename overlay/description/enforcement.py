"""The rules that an agent publishes as the access policy that enforces them (REG-13). Pure.

An interface's own rule counts before that of the whole agent, for the skills that are asked for by it. The
gate of an agent sees which skill is meant and not by which interface, so each skill has one rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from overlay.errors import BadInput
from overlay.naming.ids import is_skill, skill_covers
from overlay.policy.access import AccessPolicy, check_policy
from overlay.policy.rule import Rule
from overlay.policy.scheme import rules_of
from overlay.registry.record import Interface, Profile

OVERLAY = "overlay"
"""The protocol of interfaces that are called by messages of the overlay: others have doors of their own."""
_OWN_DOMAIN = Rule()
_Names = tuple[str, ...]


def publishes_rules(profile: Profile) -> bool:
    """Whether it says whom the agent lets in."""
    return bool(profile.security) or any(one.security for one in _inside(profile))


def access_of(profile: Profile) -> AccessPolicy:
    """The policy that lets in whom the profile says. Without any rule in it: agents of the own domain.

    Raises BadInput naming the interface: for rules that nobody can meet, that are not the overlay's to check,
    that are about nothing, or that contradict each other.
    """
    if not publishes_rules(profile):
        return AccessPolicy()
    if not profile.security:
        raise BadInput(
            "security: an interface has a rule of its own, and the agent has none: say what the rest demands"
        )
    own = _own_rules(profile)
    if not own:
        return _for_all(profile.security)
    offered = _offered(profile)
    rules = {skill: own.get(skill, profile.security) for skill in offered}
    _check_nested(rules)
    allow: list[Rule] = []
    for names in dict.fromkeys(rules.values()):
        about = tuple(skill for skill in offered if rules[skill] == names)
        allow += _rules(names, about, "security")
    return check_policy(AccessPolicy(allow=tuple(allow), own_domain="deny"))


def _for_all(names: _Names) -> AccessPolicy:
    rules = _rules(names, (), "security")
    own = "allow" if _OWN_DOMAIN in rules else "deny"
    return check_policy(
        AccessPolicy(
            allow=tuple(rule for rule in rules if rule != _OWN_DOMAIN),
            own_domain="allow" if own == "allow" else "deny",
        )
    )


def _own_rules(profile: Profile) -> Mapping[str, _Names]:
    """For each skill and topic that an interface with a rule is about, that rule: of the interface that names
    it most exactly.
    """
    found: dict[str, _Names] = {}
    for skill in _offered(profile):
        said = [
            (len(word), one) for one in _inside(profile) for word in _about(one) if skill_covers(word, skill)
        ]
        nearest = [one for length, one in said if length == max(length for length, _ in said)]
        rules = {one.security or profile.security for one in nearest}
        if len(rules) > 1:
            names = " and ".join(repr(one.id) for one in nearest)
            raise BadInput(f"interfaces {names} have different rules for {skill!r}: give it one")
        if rules != {profile.security} and rules:
            found[skill] = rules.pop()
    for one in _inside(profile):
        _check_about(one, profile)
    return found


def _check_about(interface: Interface, profile: Profile) -> None:
    if not interface.security:
        return
    _rules(interface.security, (), f"interface {interface.id!r}")
    offered = _offered(profile)
    for word in _about(interface) or ("",):
        if not any(skill_covers(word, skill) for skill in offered):
            raise BadInput(
                f"interface {interface.id!r} has a rule for {word or 'nothing'!r}, which the agent does not "
                "offer: name the skills that are asked for by it"
            )


def _check_nested(rules: Mapping[str, _Names]) -> None:
    for above in rules:
        for below in rules:
            if below != above and skill_covers(above, below) and rules[above] != rules[below]:
                raise BadInput(
                    f"{above!r} and {below!r} have different rules, and who may ask for the first may ask "
                    "for what is below it: give both the same rule, or offer only what is below"
                )


def _rules(names: _Names, about: tuple[str, ...], where: str) -> tuple[Rule, ...]:
    try:
        return rules_of(names, about)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _inside(profile: Profile) -> Iterable[Interface]:
    return [one for one in profile.interfaces if one.protocol == OVERLAY]


def _about(interface: Interface) -> tuple[str, ...]:
    return interface.skills or ((interface.id,) if is_skill(interface.id) else ())


def _offered(profile: Profile) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(skill.id for skill in profile.skills), *profile.topics)))
