"""The operator's border policy (GW-17)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadInput, BadSettings
from overlay.naming.ids import PartyId
from overlay.policy.border import (
    BorderPolicy,
    Crossing,
    answers,
    decode_border,
    encode_border,
    explain_border,
    parse_border,
    passes,
)

HOME = "b.example"
names = st.lists(
    st.sampled_from(("a.example", "*@a.example", "alice@a.example", "bob@b.example")), max_size=2
)
crossings = st.builds(Crossing, names.map(tuple), names.map(tuple)).filter(lambda one: one != Crossing())
usual = st.sampled_from(("allow", "deny"))
policies = st.builds(
    BorderPolicy,
    allow=st.lists(crossings, max_size=3).map(tuple),
    deny=st.lists(crossings, max_size=3).map(tuple),
    arrivals=usual,
    departures=usual,
)
foreign = st.sampled_from(("alice@a.example", "eve@a.example")).map(PartyId.parse)
own = st.sampled_from(("bob@b.example", "ann@b.example")).map(PartyId.parse)
quick = settings(deadline=None, max_examples=60)


@quick
@given(policies, foreign, own)
def test_deny_wins_and_order_does_not_matter(policy: BorderPolicy, alice: PartyId, bob: PartyId) -> None:
    for origin, target in ((alice, bob), (bob, alice)):
        denied = any(crossing.covers(origin, target) for crossing in policy.deny)
        allowed = passes(policy, origin, target, HOME).allowed
        assert not (denied and allowed)
        turned = BorderPolicy(policy.allow[::-1], policy.deny[::-1], policy.arrivals, policy.departures)
        assert passes(turned, origin, target, HOME).allowed is allowed


@quick
@given(policies, foreign, own)
def test_an_answer_passes_if_its_question_could(policy: BorderPolicy, alice: PartyId, bob: PartyId) -> None:
    ways = [passes(policy, alice, bob, HOME).allowed, passes(policy, bob, alice, HOME).allowed]
    assert answers(policy, alice, bob, HOME).allowed is any(ways)
    assert decode_border(encode_border(policy)) == policy


def test_without_a_policy_everything_is_left_to_the_agents() -> None:
    alice, bob = PartyId.parse("alice@a.example"), PartyId.parse("bob@b.example")
    assert passes(decode_border(b""), alice, bob, HOME).allowed
    assert passes(BorderPolicy(), bob, alice, HOME).allowed


FILE = """
arrivals = "deny"
[[allow]]
from = ["a.example"]
to = ["bob@b.example"]
[[deny]]
to = ["c.example"]
"""


def test_a_file_says_what_it_means_and_is_explained() -> None:
    policy = parse_border(FILE, "border.toml")
    assert policy == BorderPolicy(
        (Crossing(("a.example",), ("bob@b.example",)),), (Crossing((), ("c.example",)),), "deny", "allow"
    )
    assert explain_border(policy) == [
        "denied: from anyone to c.example",
        "allowed: from a.example to bob@b.example",
        "other arrivals: deny",
        "other departures: allow",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[allow]]", "says nothing"),
        ('[[allow]]\nfrom = ["*"]', "not a domain"),
        ('[[allow]]\nform = ["a.example"]', "unknown field `form`"),
        ('arrivals = "maybe"', "arrivals"),
    ],
)
def test_a_file_with_a_mistake_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_border(text, "border.toml")
    with pytest.raises(BadInput):
        decode_border(b"{")
