"""Names, subjects and patterns: what is made can be read back, and nothing else gets in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadName
from overlay.naming.ids import PartyId, domain_of_token, domain_token, join_name, link_name, skill_covers
from overlay.naming.mailboxes import (
    agent_inbox,
    channel_departures,
    departures,
    link_process,
    process_inbox,
    service_inbox,
)
from overlay.naming.patterns import covers, rabbitmq_binding
from overlay.naming.subjects import (
    Class,
    Priority,
    Subject,
    ToAgent,
    ToAll,
    ToChannel,
    ToDomain,
    ToLink,
    ToProcess,
    ToService,
    parse_subject,
)

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
domains = st.lists(labels, min_size=1, max_size=5).map(".".join)
classes = st.sampled_from(Class)
priorities = st.sampled_from(Priority)
subjects: st.SearchStrategy[Subject] = st.one_of(
    st.builds(ToAgent, classes, priorities, names, names),
    st.builds(ToProcess, classes, priorities, names, names, names),
    st.builds(ToDomain, classes, priorities, domains, names, names),
    st.builds(ToChannel, classes, priorities, domains, names, names),
    st.builds(ToService, names, names, names),
    st.builds(ToAll, names, names),
    st.builds(ToLink, names, names, names, names),
)


@given(names, domains)
def test_an_agent_id_reads_back_as_it_was_written(name: str, domain: str) -> None:
    assert PartyId.parse(f"{name}@{domain}") == PartyId(name, domain)
    assert str(PartyId.of(name, domain)) == f"{name}@{domain}"


@given(st.text(max_size=60))
def test_whatever_parses_as_an_agent_id_prints_as_the_same_text(text: str) -> None:
    try:
        party = PartyId.parse(text)
    except BadName:
        return
    assert str(party) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@a.example",
        "alice@",
        "Alice@a.example",
        "alice@A.example",
        "a.b@a.example",
        "alice\n@a.example",
        "alice@a.example\n",
        "*@a.example",
        ">@a.example",
        "-alice@a.example",
        "al ice@a.example",
        "alice@a..example",
        "alice@-a.example",
        "älice@a.example",
        f"{'a' * 41}@a.example",
        f"alice@{'a.' * 50}example",
        "alice@bob@a.example",
    ],
)
def test_text_that_could_break_a_permission_is_no_agent_id(text: str) -> None:
    with pytest.raises(BadName, match="is not a"):
        PartyId.parse(text)


@given(domains)
def test_a_domain_survives_being_one_token(domain: str) -> None:
    token = domain_token(domain)
    assert "." not in token
    assert domain_of_token(token) == domain


@given(domains, domains)
def test_two_domains_never_share_a_token_or_a_link_name(one: str, other: str) -> None:
    if one != other:
        assert domain_token(one) != domain_token(other)
        assert link_name(one) != link_name(other)


@settings(deadline=None)
@given(subjects)
def test_a_subject_reads_back_as_it_was_written(subject: Subject) -> None:
    assert parse_subject(str(subject)) == subject
    assert len(str(subject)) <= 255


@given(st.text(alphabet="ov.rtelagnpcu*>x-_\n ", max_size=60))
def test_whatever_parses_as_a_subject_prints_as_the_same_text(text: str) -> None:
    try:
        subject = parse_subject(text)
    except BadName:
        return
    assert str(subject) == text


@pytest.mark.parametrize(
    "text",
    [
        "ov.rt.normal.agent.*.alice",
        "ov.rt.normal.agent.>.alice",
        "ov.rt.normal.agent.bob.alice.x",
        "ov.rt.normal.agent.bob",
        "ov.xx.normal.agent.bob.alice",
        "ov.rt.urgent.agent.bob.alice",
        "ov.rt.normal.agent..alice",
        "ov.rt.normal.agent.bob.alice\n",
        "OV.rt.normal.agent.bob.alice",
        "ov.svc.ca.apply",
        "$SYS.REQ.SERVER.PING",
    ],
)
def test_subjects_with_wildcards_or_odd_tokens_are_refused(text: str) -> None:
    with pytest.raises(BadName):
        parse_subject(text)


@given(subjects)
def test_mailboxes_hold_only_what_is_for_their_owner(subject: Subject) -> None:
    text = str(subject)
    match subject:
        case ToAgent(cls, _, to, _):
            box = agent_inbox(to)
            wanted = box.realtime if cls is Class.REALTIME else box.stored
            other = box.stored if cls is Class.REALTIME else box.realtime
            assert any(covers(pattern, text) for pattern in wanted)
            assert not any(covers(pattern, text) for pattern in other)
            assert not any(
                covers(pattern, text) for pattern in agent_inbox(to[:-1] + "0x"[to[-1] == "0"]).realtime
            )
        case ToChannel(cls, priority, home, channel, _):
            other_half = Class.RELIABLE if cls is Class.REALTIME else Class.REALTIME
            inbox = agent_inbox("bob", (PartyId(channel, home),))
            for box in (inbox, channel_departures("gw", priority)):
                halves = {Class.REALTIME: box.realtime, Class.RELIABLE: box.stored}
                assert any(covers(pattern, text) for pattern in halves[cls])
                assert not any(covers(pattern, text) for pattern in halves[other_half])
            box = agent_inbox("bob", (PartyId(channel[:-1] + "0x"[channel[-1] == "0"], home),))
            assert not any(covers(pattern, text) for pattern in (*box.realtime, *box.stored))
        case ToProcess(_, _, to, slot, _):
            assert any(covers(pattern, text) for pattern in process_inbox(to, slot).realtime)
        case ToDomain(cls, priority, _, _, _):
            for each in Priority:
                box = departures("gw", each)
                half = box.realtime if cls is Class.REALTIME else box.stored
                assert any(covers(pattern, text) for pattern in half) == (each is priority)
        case ToService(service, _, _):
            assert any(covers(pattern, text) for pattern in service_inbox(service).realtime)
        case ToAll():
            assert any(covers(pattern, text) for pattern in process_inbox("bob", "s0").realtime)
            guest = process_inbox("bob", "s0", news=False)
            assert not any(covers(pattern, text) for pattern in guest.realtime)
        case ToLink(to, process, _, _):
            assert any(covers(pattern, text) for pattern in link_process(to, process).realtime)


def test_a_star_is_one_token_and_a_last_arrow_is_one_or_more() -> None:
    assert covers("ov.*.c", "ov.b.c")
    assert not covers("ov.*.c", "ov.b.b.c")
    assert covers("ov.>", "ov.a.b")
    assert not covers("ov.>", "ov")
    assert rabbitmq_binding("ov.a.>") == "ov.a.*.#"
    with pytest.raises(BadName):
        rabbitmq_binding("ov.>.a")


def test_a_skill_is_had_by_whoever_offers_it_or_something_below_it() -> None:
    assert skill_covers("network", "network.fault-diagnosis")
    assert skill_covers("network", "network")
    assert not skill_covers("network.fault-diagnosis", "network")
    assert not skill_covers("net", "network")


def test_a_join_token_s_holder_has_a_name_of_its_own() -> None:
    assert join_name("0123abcd") == "join-0123abcd"
    with pytest.raises(BadName):
        join_name("0123.abcd")
