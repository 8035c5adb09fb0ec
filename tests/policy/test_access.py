"""Access policies: who is let in, whatever the rules (GW-17)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadSettings
from overlay.naming.ids import PartyId
from overlay.policy.access import (
    AccessPolicy,
    check_policy,
    decide,
    decode_policy,
    encode_policy,
    explain,
    reachable,
    with_allowed,
)
from overlay.policy.caller import Caller, Shown
from overlay.policy.files import parse_access
from overlay.policy.rule import Demand, Rule
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Role

HOME = "b.example"
SKILLS = ("text", "text.echo", "text.echo.loud", "network", "texture")
ORIGINS = ("alice@a.example", "*@a.example", "a.example", "*@b.example", "bob@b.example", "c.example")

quick = settings(deadline=None, max_examples=60)
some_skills = st.lists(st.sampled_from(SKILLS), max_size=2, unique=True).map(tuple)
attributes = st.builds(
    Attributes,
    skills=some_skills,
    organisation=st.sampled_from(("", "Acme")),
    function=st.sampled_from(("", "text", "text.echo")),
    scopes=some_skills,
)
demands = st.builds(
    Demand, type=st.sampled_from(("medical", "trade")), issuer=st.sampled_from(("", "did:web:x"))
)
rules = st.builds(
    Rule,
    origins=st.lists(st.sampled_from(ORIGINS), max_size=2, unique=True).map(tuple),
    about=some_skills,
    organisation=st.sampled_from(("", "Acme")),
    function=st.sampled_from(("", "text")),
    scopes=some_skills,
    certified_skills=some_skills,
    credential=st.none() | demands,
).filter(lambda rule: rule != Rule())
denials = rules.map(
    lambda rule: msgspec.structs.replace(rule, credential=None, about=rule.about or SKILLS[:1])
)
policies = st.builds(
    AccessPolicy,
    allow=st.lists(rules, max_size=4).map(tuple),
    deny=st.lists(denials, max_size=2).map(tuple),
    own_domain=st.sampled_from(("allow", "deny")),
    closed=some_skills,
)
callers = st.builds(
    Caller,
    party=st.sampled_from(("alice@a.example", "al@a.example", "bob@b.example", "eve@c.example")).map(
        PartyId.parse
    ),
    home=st.just(HOME),
    attributes=attributes,
    shown=st.lists(
        st.builds(Shown, st.sampled_from(("medical", "trade")), st.just("did:web:x")), max_size=1
    ).map(tuple),
)
asked = st.sampled_from(("", *SKILLS, "text.other"))


def caller(text: str, **more: object) -> Caller:
    return msgspec.convert(
        {"party": PartyId.parse(text), "home": HOME, "attributes": Attributes(), **more},
        Caller,
        from_attributes=True,
    )


@quick
@given(policies, callers, asked)
def test_what_is_denied_stays_denied_whatever_is_allowed(
    policy: AccessPolicy, who: Caller, skill: str
) -> None:
    denied = msgspec.structs.replace(
        policy, deny=(*policy.deny, Rule((who.party.domain,), about=(skill or "x",)))
    )
    for name in (skill, f"{skill or 'x'}.below"):
        assert not decide(with_allowed(denied, Rule(anyone=True)), who, name).allowed


@quick
@given(policies, callers, asked, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(
    policy: AccessPolicy, who: Caller, skill: str, chance: object
) -> None:
    turned = msgspec.structs.replace(
        policy, allow=policy.allow[::-1], deny=policy.deny[::-1], closed=policy.closed[::-1]
    )
    assert decide(turned, who, skill) == decide(policy, who, skill)


@quick
@given(policies, rules, callers, asked)
def test_one_more_allow_takes_nothing_away(policy: AccessPolicy, rule: Rule, who: Caller, skill: str) -> None:
    more = msgspec.structs.replace(policy, allow=(*policy.allow, rule))
    assert decide(more, who, skill).allowed >= decide(policy, who, skill).allowed
    assert reachable(more, who).allowed >= reachable(policy, who).allowed


@quick
@given(policies, callers, asked)
def test_a_gateway_lets_through_whomever_the_receiver_may_let_in(
    policy: AccessPolicy, who: Caller, skill: str
) -> None:
    if decide(policy, who, skill).allowed:
        unproved = msgspec.structs.replace(who, shown=())
        unknown = msgspec.structs.replace(unproved, attributes=None)
        assert reachable(policy, unproved).allowed
        assert reachable(policy, unknown).allowed


@quick
@given(callers, asked)
def test_nobody_foreign_gets_by_the_empty_policy(who: Caller, skill: str) -> None:
    assert decide(AccessPolicy(), who, skill).allowed is not who.foreign
    assert reachable(AccessPolicy(), who).allowed is not who.foreign


@quick
@given(policies)
def test_a_policy_reads_back_from_the_wire(policy: AccessPolicy) -> None:
    assert decode_policy(encode_policy(policy)) == policy


def test_a_rule_without_from_is_about_agents_of_the_own_domain() -> None:
    acme = Attributes(organisation="Acme")
    policy = AccessPolicy(allow=(Rule(organisation="Acme"),), own_domain="deny")
    assert decide(policy, caller("bob@b.example", attributes=acme), "text").allowed
    assert not decide(policy, caller("bob@b.example"), "text").allowed
    assert not decide(policy, caller("alice@a.example", attributes=acme), "text").allowed
    anyone = AccessPolicy(allow=(Rule(organisation="Acme", anyone=True),))
    assert decide(anyone, caller("alice@a.example", attributes=acme), "text").allowed


def test_the_domain_itself_gets_by_any_policy() -> None:
    nobody = AccessPolicy(deny=(Rule((HOME,)),), own_domain="deny")
    for name, role in (("ca", Role.SERVICE), ("gw", Role.GATEWAY), ("operator", Role.OPERATOR)):
        assert decide(nobody, caller(f"{name}@b.example", role=role), "text").allowed
        assert not decide(AccessPolicy(), caller(f"{name}@a.example", role=role), "text").allowed


def test_a_denied_or_closed_skill_is_not_reached_by_a_wider_name() -> None:
    bob = caller("bob@b.example")
    for policy in (AccessPolicy(deny=(Rule(about=("text.echo",)),)), AccessPolicy(closed=("text.echo",))):
        assert [
            decide(policy, bob, skill).allowed for skill in ("", "text", "text.echo", "text.echo.loud")
        ] == [False] * 4
        assert decide(policy, bob, "text.other").allowed


def test_a_credential_that_would_help_is_named_and_helps() -> None:
    demand = Demand("medical", "did:web:health.example", {"level": 2, "senior": True})
    policy = AccessPolicy(allow=(Rule(("a.example",), about=("text",), credential=demand),))
    refused = decide(policy, caller("alice@a.example"), "text")
    assert (refused.allowed, refused.wants) == (False, ("medical",))
    assert decide(policy, caller("eve@c.example"), "text").wants == ()
    assert decide(policy, caller("alice@a.example"), "network").wants == ()
    good = Shown("medical", "did:web:health.example", {"level": 2, "senior": True})
    assert decide(policy, caller("alice@a.example", shown=(good,)), "text.echo").allowed
    for wrong in ({"level": 2}, {"level": 2, "senior": 1}, {"level": "2", "senior": True}):
        shown = (msgspec.structs.replace(good, claims=wrong),)
        assert not decide(policy, caller("alice@a.example", shown=shown), "text").allowed
    other = (msgspec.structs.replace(good, issuer="did:web:a.example"),)
    assert not decide(policy, caller("alice@a.example", shown=other), "text").allowed


def test_a_refusal_tells_a_stranger_nothing_but_what_would_help() -> None:
    policy = AccessPolicy(allow=(Rule(("a.example",), credential=Demand("medical", claims={"level": 2})),))
    decision = decide(policy, caller("alice@a.example"), "text")
    told, silent = decision.refusal(tell=True), decision.refusal(tell=False)
    assert (str(told), told.wants) == (
        "not permitted; one of these credentials would help: medical, level = 2",
        ("medical",),
    )
    assert (str(silent), silent.wants) == ("not permitted", ())
    assert "alice@a.example" in decision.why


@quick
@given(callers, st.text(alphabet="alice@*.b example", max_size=20))
def test_a_written_name_lets_in_that_name_and_no_other(who: Caller, text: str) -> None:
    policy = AccessPolicy(allow=(Rule((text,)),), own_domain="deny")
    named = {str(who.party), f"*@{who.party.domain}", who.party.domain}
    assert decide(policy, who, "text").allowed is (text in named)


FILE = """
own_domain = "deny"
closed = ["admin"]
[[allow]]
from = ["alice@a.example", "*@c.example"]
for = ["text.echo"]
scopes = ["network.read"]
[allow.credential]
type = "medical"
issuer = "did:web:health.example"
claims = { level = 2 }
[[deny]]
from = ["eve@c.example"]
"""


def test_a_file_says_what_it_means_and_is_explained() -> None:
    policy = parse_access(FILE, "access.toml")
    demand = Demand("medical", "did:web:health.example", {"level": 2})
    origins = ("alice@a.example", "*@c.example")
    rule = Rule(origins, about=("text.echo",), scopes=("network.read",), credential=demand)
    assert policy == AccessPolicy((rule,), (Rule(("eve@c.example",)),), "deny", ("admin",))
    assert explain(policy) == [
        "agents of the own domain may not call unless a rule allows it",
        "closed even to them, unless a rule allows it: admin",
        "denied: from eve@c.example",
        "allowed: from alice@a.example or *@c.example, for text.echo, with scopes network.read, "
        "with a credential medical by did:web:health.example, level = 2",
        "nobody else may call",
    ]


def test_a_rule_that_names_nobody_says_whom_it_means() -> None:
    policy = parse_access('[[allow]]\nfor = ["text.echo"]\n[[deny]]\nfor = ["admin"]\n', "access.toml")
    assert explain(policy)[1:3] == [
        "denied: from anyone, for admin",
        "allowed: from agents of the own domain, for text.echo",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow = 5", "access.toml: Expected `array`"),
        ("alow = []", r"unknown field `alow` \(did you mean allow\?\)"),
        ("wrong = []", "unknown field `wrong`.*allow, deny, own_domain"),
        ('[[allow]]\nform = ["a.example"]', "unknown field `form`"),
        ('own_domain = "maybe"', "own_domain"),
        ("[[allow]]", "says nothing"),
        ('[[allow]]\nanyone = true\nfrom = ["a.example"]', "both from and anyone"),
        ('[[deny]]\ncredential = { type = "x" }', "nobody would show it"),
        ('[[allow]]\nfrom = ["a.example"]\nfor = ["A B"]', "not a skill"),
        ("[[allow", "not TOML"),
        ("allow = " + "[" * 100_000, "not TOML"),
        ("[[allow]]\nfrom = ['b.example']\nfor = []", "`for` of a rule is empty"),
        ("[[deny]]\nfrom = ['b.example']\norganisation = ''", "`organisation` of a rule is empty"),
        ("[[allow]]\ncredential = { type = '\\u001b[2J' }".replace("'", '"'), "printable"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_says_where(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_access(text, "access.toml")


def test_too_many_rules_are_refused() -> None:
    with pytest.raises(BadSettings, match="up to 500 rules"):
        check_policy(AccessPolicy(allow=(Rule(("a.example",)),) * 501))


@pytest.mark.parametrize("skill", ["TEXT.echo", " text.echo", "text..echo", "text.echo.", "text.echo\x00"])
def test_what_is_written_almost_like_a_skill_passes_by_no_rule(skill: str) -> None:
    policy = AccessPolicy(
        allow=(Rule(("a.example",)),), deny=(Rule(about=("text.echo",)),), closed=("text.echo",)
    )
    for name in ("alice@a.example", "bob@b.example"):
        assert not decide(policy, Caller(PartyId.parse(name), HOME), skill).allowed
