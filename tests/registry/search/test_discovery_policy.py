"""Who may find whom."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadSettings
from overlay.policy.caller import Caller
from overlay.registry.record import Profile, Record, Skill
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.discovery_policy import (
    DiscoveryPolicy,
    decode_policy,
    encode_policy,
    explain,
    parse_policy,
    sees,
    sight_of,
)
from overlay.registry.search.discovery_rule import DiscoveryRule
from overlay.registry.search.visibility import for_sending, visible
from overlay.trust.identity import Role
from tests.registry.search.crowd import record_of, records
from tests.registry.search.gallery import asker

POLICY = """
[[deny]]
organisation = "Contractor"
skills = ["billing"]

[[deny]]
to = ["b.example"]
function = "guest"
"""


def test_an_operator_hides_agents_by_what_their_askers_and_they_are() -> None:  # REG-11
    policy = parse_policy(POLICY, "sight.toml")
    billing = record_of("books", "a.example", Profile(skills=(Skill("billing.export"),)))
    foreign = record_of("bob", "b.example", Profile(skills=(Skill("net"),)))
    contractor, guest = asker(organisation="Contractor"), asker(function="guest")
    assert not sees(policy, contractor, billing).visible
    assert sees(policy, contractor, foreign).visible
    assert not sees(policy, guest, foreign).visible
    assert sees(policy, asker(), billing).visible
    assert sees(policy, asker("gw", role=Role.GATEWAY), billing).visible
    assert "a rule hides it" in sees(policy, contractor, billing).why
    assert explain(policy)[0] == 'hidden: of organisation "Contractor" → with skill billing'
    assert decode_policy(encode_policy(policy)) == policy


def test_a_closed_domain_shows_only_what_a_rule_shows_and_an_agent_itself() -> None:
    policy = DiscoveryPolicy(allow=(DiscoveryRule(organisations=("Acme",)),), own_domain="deny")
    acme = record_of("x", "a.example", Profile(organisation="ACME"))
    assert sees(policy, asker(), acme).visible
    assert not sees(policy, asker(), record_of("y", "a.example", Profile())).visible
    assert sees(policy, asker(), record_of("alice", "a.example", Profile())).visible


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[deny]]\n", "says nothing"),
        ('[[deny]]\nto = ["*"]\n', "is not a domain"),
        ('[[deny]]\nskills = ["Net"]\n', "is not a skill"),
        ('[[deny]]\nwho = "x"\n', "unknown field `who`"),
        ('own_domain = "maybe"\n', "maybe"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_policy(text, "sight.toml")


def test_who_may_not_find_an_agent_may_still_seal_to_it_and_learns_nothing_else() -> None:  # REG-11, REG-12
    policy = DiscoveryPolicy(deny=(DiscoveryRule(targets=("bob@a.example",)),))
    for profile in (
        Profile(description="secret"),
        Profile(description="secret", consent={"entry": ("nobody",)}),
    ):
        for rules in (policy, DiscoveryPolicy()):
            record = record_of("bob", "a.example", profile)
            if visible(rules, asker(), record) is not None:
                continue
            shown = for_sending(rules, asker(), record)
            assert (shown.card, shown.serial) == (record.card, record.serial)
            assert (shown.profile, shown.resource_id, shown.verified) == (Profile(), "", ())


_rules = st.builds(
    DiscoveryRule,
    origins=st.sampled_from(((), ("a.example",), ("*@a.example",), ("bob@a.example",))),
    organisation=st.sampled_from(("", "Acme")),
    targets=st.sampled_from(((), ("b.example",), ("*@a.example", "agent1@b.example"), ("agent2@a.example",))),
    skills=st.sampled_from(((), ("net",), ("net.fault", "text"))),
    organisations=st.sampled_from(((), ("ACME ltd",))),
)
_policies = st.builds(
    DiscoveryPolicy,
    allow=st.lists(_rules, max_size=2).map(tuple),
    deny=st.lists(_rules, max_size=2).map(tuple),
    own_domain=st.sampled_from(("allow", "deny")),
)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(records, max_size=20, unique_by=lambda record: record.party),
    _policies,
    st.sampled_from((asker(), asker("agent2"), asker(organisation="Acme"), asker("ca", role=Role.SERVICE))),
)
def test_the_index_shows_whom_the_policy_shows(
    crowd: list[Record], policy: DiscoveryPolicy, who: Caller
) -> None:
    catalogue = Catalogue(lambda _: None)
    for record in crowd:
        catalogue.put(record)
    mask = catalogue.seen(sight_of(policy, who), str(who.party))
    for record in crowd:
        slot = catalogue.slot(record.party)
        assert slot is not None
        assert (mask is None or bool(mask[slot])) == sees(policy, who, record).visible
