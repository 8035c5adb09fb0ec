"""What roles may do: no name breaks out of its grant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.admission.nats_permissions import nats_allow
from overlay.admission.permissions import Grant, grant_for
from overlay.errors import BadName, Refused
from overlay.naming.ids import CA, join_name, link_name
from overlay.naming.inside import Inside
from overlay.naming.mailboxes import agent_inbox, consumer_name, departures, service_inbox
from overlay.naming.patterns import covers
from overlay.naming.subjects import (
    Class,
    Priority,
    Subject,
    ToAgent,
    ToChannel,
    ToDomain,
    ToLink,
    ToProcess,
    ToService,
)
from overlay.trust.identity import Role

_names = st.one_of(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True),
    st.sampled_from(
        ["gw", "ca", "registry", "agent", "proc", "out", "rt", "rel", "svc", "link", "hello", "s0"]
    ),
)
_lane = (st.sampled_from(Class), st.sampled_from(Priority))
_subjects: st.SearchStrategy[Subject] = st.one_of(
    st.builds(ToAgent, *_lane, _names, _names),
    st.builds(ToProcess, *_lane, _names, _names, _names),
    st.builds(ToDomain, *_lane, st.sampled_from(["b.example", "agent", "proc.x"]), _names, _names),
    st.builds(ToChannel, *_lane, st.sampled_from(["a.example", "agent"]), _names, _names),
    st.builds(ToService, _names, _names, _names),
    st.builds(ToLink, _names, _names, _names, _names),
)
_roles = st.sampled_from([role for role in Role if role is not Role.BROKER])


def _may_publish(grant: Grant, subject: Subject | str) -> bool:
    return any(covers(pattern, str(subject)) for pattern in nats_allow(grant).publish)


def _may_read(grant: Grant, subject: Subject | str) -> bool:
    return any(covers(pattern, str(subject)) for pattern in nats_allow(grant).subscribe)


@settings(deadline=None, max_examples=100)
@given(_roles, _names, _subjects)
def test_nobody_publishes_under_a_token_of_another(role: Role, name: str, subject: Subject) -> None:  # GW-17
    if _may_publish(grant_for(role, name), subject):
        assert subject.sender == name


@settings(deadline=None, max_examples=100)
@given(_names, _names, _subjects)
def test_no_subject_is_in_the_mailboxes_of_two_agents(one: str, other: str, subject: Subject) -> None:
    if one != other and _may_read(grant_for(Role.AGENT, one), subject):
        assert not _may_read(grant_for(Role.AGENT, other), subject)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet=".*>#$ =/_aA\n", min_size=1, max_size=8))
def test_only_a_name_gets_a_grant(text: str) -> None:
    if not set(text) <= set("_a") or text.startswith("_"):
        with pytest.raises(BadName):
            grant_for(Role.AGENT, text)


def test_an_agent_reads_its_own_inbox_and_answers_and_nothing_else() -> None:
    alice = grant_for(Role.AGENT, "alice")
    rt, rel, high = Class.REALTIME, Class.RELIABLE, Priority.HIGH
    assert _may_read(alice, ToAgent(rt, high, "alice", "bob"))
    assert _may_read(alice, ToProcess(rel, high, "alice", "x7", "ca"))
    for other in (
        ToAgent(rt, high, "bob", "alice"),
        ToProcess(rt, high, "bob", "s0", "alice"),
        ToDomain(rt, high, "b.example", "alice", "bob"),
        ToService("ca", "apply", "bob"),
        ToLink("alice", "hello", "bob", "p"),
        "_INBOX.bob.x",
    ):
        assert not _may_read(alice, other)


def test_an_agent_reaches_ca_and_registry_and_no_link() -> None:
    alice = grant_for(Role.AGENT, "alice")
    assert _may_publish(alice, ToService("ca", "status", "alice"))
    assert _may_publish(alice, ToService("registry", "find", "alice"))
    assert not _may_publish(alice, ToService("other", "find", "alice"))
    assert not _may_publish(alice, ToLink("gw", "agent", "x", "alice"))


def test_where_messages_inside_pass_the_gateway_agents_reach_each_other_by_it_only() -> None:  # GW-11
    direct = grant_for(Role.AGENT, "alice").publish
    through = grant_for(Role.AGENT, "alice", inside=Inside.GATEWAY).publish
    gone = set(direct) - set(through)
    assert all(any(part in pattern for part in (".agent.*.", ".proc.*.", ".chan.*.")) for pattern in gone)
    assert not any(".chan." in pattern for pattern in through)
    assert "ov.rt.*.out.*.*.alice" in through
    assert "ov.rt.*.proc.registry.*.alice" in through


def test_a_newcomer_reaches_only_the_applications_to_the_ca() -> None:  # CA-1
    name = join_name("t1")
    newcomer = grant_for(Role.JOIN, name)
    asks = ("apply", "reclaim")
    assert nats_allow(newcomer).publish == tuple(f"ov.svc.ca.{ask}.{name}" for ask in asks)
    assert not any(mailbox.stored for mailbox in newcomer.read)


def test_a_link_reaches_only_the_gateway_and_its_own_processes() -> None:
    name = link_name("b.example")
    link = grant_for(Role.LINK, name)
    assert nats_allow(link).publish == (f"ov.link.gw.*.{name}.*",)
    assert _may_read(link, ToLink(name, "p1", "gw", "p2"))
    assert not _may_read(link, ToLink("gw", "hello", name, "p1"))
    assert not _may_read(link, ToLink(link_name("c.example"), "p1", "gw", "p2"))


def test_the_gateway_alone_reads_what_leaves_the_domain() -> None:
    leaving = ToDomain(Class.RELIABLE, Priority.BULK, "b.example", "bob", "alice")
    assert departures("gw", Priority.BULK) in grant_for(Role.GATEWAY, "gw").read
    assert not _may_publish(grant_for(Role.GATEWAY, "gw"), leaving)
    assert _may_publish(grant_for(Role.AGENT, "alice"), leaving)


def test_a_service_reads_its_questions_and_not_those_of_another() -> None:
    registry = grant_for(Role.SERVICE, "registry")
    assert service_inbox("registry") in registry.read
    assert not _may_read(registry, ToService("ca", "apply", "alice"))


def test_the_certificate_of_a_broker_opens_nothing() -> None:
    with pytest.raises(Refused, match="not for logging in"):
        grant_for(Role.BROKER, "broker")


def test_on_nats_an_agent_fetches_from_its_own_consumer_only() -> None:
    name = consumer_name(agent_inbox("alice"))
    allowed = [
        subject for subject in nats_allow(grant_for(Role.AGENT, "alice")).publish if "js" in subject.lower()
    ]
    assert allowed == [f"ovjs.next.{name}", f"ovjs.info.{name}", f"$JS.ACK.OV.{name}.>"]


@settings(deadline=None, max_examples=100)
@given(_names, _names)
def test_two_mailboxes_never_share_a_consumer(one: str, other: str) -> None:
    boxes = {
        agent_inbox(one),
        agent_inbox(other),
        departures(one, Priority.HIGH),
        departures(other, Priority.HIGH),
        service_inbox(one),
    }
    assert len({consumer_name(mailbox) for mailbox in boxes}) == len(boxes)


def test_news_is_told_by_services_and_heard_by_the_domains_own() -> None:  # CA-6
    names = {Role.LINK: link_name("b.example"), Role.JOIN: join_name("t1"), Role.SERVICE: CA}
    told: set[Role] = set()
    heard: set[Role] = set()
    for role in set(Role) - {Role.BROKER}:
        allow = nats_allow(grant_for(role, names.get(role, "alice")))
        if any(subject.startswith("ov.news") for subject in allow.publish):
            told.add(role)
        if "ov.news.*.*" in allow.subscribe:
            heard.add(role)
    assert told == {Role.SERVICE}
    assert heard == {Role.AGENT, Role.SERVICE, Role.GATEWAY, Role.OPERATOR}
    assert "ov.news.*.ca" in nats_allow(grant_for(Role.SERVICE, CA)).publish
