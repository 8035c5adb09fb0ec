"""What a description demands is what its access policy lets in: an interface's rule before the agent's."""

from __future__ import annotations

import msgspec
import pytest

from overlay.description.enforcement import access_of
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy, decide
from overlay.policy.caller import Caller, Shown
from overlay.policy.scheme import parse_schemes, rules_of
from overlay.registry.record import Interface, Profile, Skill
from overlay.trust.attributes import Attributes
from tests.description.profiles import CLINIC, DIAGNOSIS, ECHO, MEDICAL

SHOWN = (Shown("medical-qualification", "did:web:health.example"),)


def caller(party: str, *shown: Shown, scopes: tuple[str, ...] = ()) -> Caller:
    return Caller(PartyId.parse(party), "a.example", attributes=Attributes(scopes=scopes), shown=shown)


LOCAL, PEER, OTHER = caller("al@a.example"), caller("bo@b.example"), caller("cy@c.example")


def lets_in(policy: AccessPolicy, who: Caller, skill: str) -> bool:
    return decide(policy, who, skill).allowed


def profile(*security: str, skills: tuple[str, ...] = (ECHO,), own: tuple[Interface, ...] = ()) -> Profile:
    return Profile(skills=tuple(Skill(one) for one in skills), interfaces=own, security=security)


def test_the_rule_of_an_interface_counts_instead_of_that_of_the_agent() -> None:
    policy = access_of(CLINIC)
    doctor = caller("cy@c.example", *SHOWN)
    assert [lets_in(policy, who, DIAGNOSIS) for who in (LOCAL, PEER, OTHER, doctor)] == [
        False,
        False,
        False,
        True,
    ]
    assert [lets_in(policy, who, ECHO) for who in (LOCAL, PEER, OTHER, doctor)] == [True, True, False, False]
    assert decide(policy, LOCAL, DIAGNOSIS).wants == ("medical-qualification",)


def test_what_is_named_by_no_interface_and_what_is_not_offered_is_closed_by_default() -> None:
    policy = access_of(CLINIC)
    assert not lets_in(policy, LOCAL, "network")
    assert not lets_in(policy, LOCAL, "")
    assert lets_in(policy, PEER, f"{ECHO}.loud")


@pytest.mark.parametrize(
    ("scheme", "let_in"),
    [
        ("own-domain", [True, False, False]),
        ("anyone", [True, True, True]),
        ("from:b.example", [False, True, False]),
        ("from:bo@b.example|own-domain", [True, True, False]),
        (MEDICAL, [False, False, False]),
    ],
)
def test_the_rule_of_the_whole_agent(scheme: str, let_in: list[bool]) -> None:
    policy = access_of(profile(scheme))
    assert [lets_in(policy, who, ECHO) for who in (LOCAL, PEER, OTHER)] == let_in


def test_all_that_is_named_must_be_met() -> None:
    policy = access_of(profile("from:b.example", MEDICAL, "scope:network.configure"))
    assert not lets_in(policy, caller("bo@b.example", *SHOWN), ECHO)
    assert not lets_in(policy, caller("bo@b.example", scopes=("network",)), ECHO)
    assert lets_in(policy, caller("bo@b.example", *SHOWN, scopes=("network",)), ECHO)


def test_a_scope_without_a_domain_is_the_own_domains_word() -> None:
    policy = access_of(profile("scope:network"))
    assert lets_in(policy, caller("al@a.example", scopes=("network",)), ECHO)
    assert not lets_in(policy, caller("bo@b.example", scopes=("network",)), ECHO)


def test_the_interface_that_names_a_skill_most_exactly_decides() -> None:
    interfaces = (
        Interface("wide", skills=("network",), security=("own-domain",)),
        Interface("narrow", skills=(DIAGNOSIS,), security=(MEDICAL,)),
    )
    policy = access_of(profile("anyone", skills=(DIAGNOSIS, "network.configure"), own=interfaces))
    assert lets_in(policy, LOCAL, "network.configure")
    assert not lets_in(policy, LOCAL, DIAGNOSIS)
    assert not lets_in(policy, PEER, "network.configure")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (profile("own-domain", "from:b.example"), "nobody can meet all of this"),
        (profile(MEDICAL, "credential:driving-licence"), "two credentials"),
        (profile("other:http bearer"), "the overlay cannot check this"),
        (profile("oauth"), "'oauth' is no security scheme"),
        (profile(own=(Interface(ECHO, security=(MEDICAL,)),)), "the agent has none"),
        (profile("anyone", own=(Interface("chat", security=(MEDICAL,)),)), "'chat' has a rule for 'chat'"),
        (
            profile(
                "anyone", skills=("network", DIAGNOSIS), own=(Interface(DIAGNOSIS, security=(MEDICAL,)),)
            ),
            "'network' and 'network.fault-diagnosis' have different rules",
        ),
        (
            profile(
                "anyone",
                own=(Interface("a", skills=(ECHO,), security=(MEDICAL,)), Interface("b", skills=(ECHO,))),
            ),
            "interfaces 'a' and 'b' have different rules",
        ),
    ],
)
def test_rules_that_could_not_be_enforced_are_refused(wrong: Profile, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        access_of(wrong)


def test_a_profile_without_rules_is_as_closed_as_an_agent_without_a_policy() -> None:
    assert access_of(msgspec.structs.replace(CLINIC, security=(), interfaces=())) == AccessPolicy()


@pytest.mark.parametrize(
    "name", ["", "anyone:x", "from:", "from:No", "credential:Not A Type", "scope:X", "a|", "own"]
)
def test_a_scheme_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        parse_schemes(name)


def test_schemes_that_multiply_have_a_bound() -> None:
    every = "|".join(f"from:d{number}.example" for number in range(9))
    with pytest.raises(BadInput, match="more than 64 ways"):
        rules_of((every, every))
