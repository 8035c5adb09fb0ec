"""Which registrations wait for an administrator (REG-11)."""

from __future__ import annotations

import pytest

from overlay.errors import BadSettings, Refused
from overlay.naming.ids import PartyId
from overlay.registry.approval.policy import EXAMPLE, parse_policy
from overlay.registry.record import Profile, Skill
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Identity, Role

POLICY = parse_policy(
    """
approve = "automatic"
[skills.net]
approve = "automatic"
[skills."net.repair"]
approve = "administrator"
[skills.secret]
approve = "refuse"
[organisations.Acme]
approve = "administrator"
"""
)


def identity(organisation: str = "", function: str = "") -> Identity:
    attributes = Attributes(organisation=organisation, function=function)
    return Identity(PartyId("alice", "a.example"), Role.AGENT, attributes, "", 1, 0.0, 9e9)


def offering(*skills: str, description: str = "", version: str = "1") -> Profile:
    return Profile(description=description, version=version, skills=tuple(Skill(skill) for skill in skills))


@pytest.mark.parametrize(
    ("profile", "organisation", "why"),
    [
        (offering(), "", ()),
        (offering("net.fault"), "Other", ()),
        (offering("net.fault", "net.repair.line"), "", ("the skill 'net.repair.line'",)),
        (offering("net"), "Acme", ("the organisation 'Acme'",)),
    ],
)
def test_the_strictest_table_decides(profile: Profile, organisation: str, why: tuple[str, ...]) -> None:
    assert POLICY.judge_new(profile, identity(organisation)) == why


def test_what_is_refused_is_refused_whoever_would_decide_on_the_rest() -> None:
    with pytest.raises(Refused, match=r"takes no entry with the skill 'secret\.plan'"):
        POLICY.judge_new(offering("net.repair", "secret.plan"), identity("Acme"))


def test_a_skill_that_would_have_waited_waits_when_it_is_added_later() -> None:
    old, new = offering("net.fault"), offering("net.fault", "net.repair")
    assert POLICY.judge_change(old, new, identity(), breaks=False) == ("the skill 'net.repair'",)
    assert POLICY.judge_change(new, new, identity(), breaks=False) == ()
    assert POLICY.judge_change(new, offering("net.repair", version="1.1"), identity(), breaks=False) == ()


@pytest.mark.parametrize(
    ("changes", "breaks", "waits"),
    [
        ("none", True, False),
        ("incompatible", True, True),
        ("incompatible", False, False),
        ("all", False, True),
    ],
)
def test_changes_of_an_approved_entry_wait_as_the_policy_says(
    changes: str, breaks: bool, waits: bool
) -> None:
    policy = parse_policy(f'changes = "{changes}"\n[skills.net]\napprove = "administrator"')
    old, new = offering("net"), offering("net", description="other words")
    assert bool(policy.judge_change(old, new, identity(), breaks=breaks)) is waits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aprove = 'automatic'", r"aprove: no such key \(did you mean approve\?\)"),
        ("approve = 'maybe'", "approve: Input should be 'automatic'"),
        ("[skills.\"No Skill\"]\napprove = 'refuse'", "is not a skill"),
        ("[skills", "it is no TOML"),
    ],
)
def test_a_broken_policy_is_said_in_words(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_policy(text)


def test_the_example_is_a_policy() -> None:
    assert parse_policy(EXAMPLE).judge_new(offering("network.repair"), identity("Acme Networks"))
