"""A grant as RabbitMQ's regular expressions covers what the grant covers, and nothing else."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.admission.permissions import Grant, grant_for
from overlay.admission.rabbitmq_permissions import NOTHING, rabbitmq_permissions
from overlay.naming.ids import link_name
from overlay.naming.patterns import covers
from overlay.trust.identity import Role

GRANTS = [
    grant_for(Role.AGENT, "alice"),
    grant_for(Role.AGENT, "a-b_c"),
    grant_for(Role.SERVICE, "ca"),
    grant_for(Role.GATEWAY, "gw"),
    grant_for(Role.OPERATOR, "operator"),
    grant_for(Role.LINK, link_name("b.example")),
    grant_for(Role.JOIN, "join-1"),
]
WORDS = ["ov", "rt", "rel", "svc", "link", "agent", "proc", "out", "ca", "apply", "gw", "s0", "normal", "x"]


def matches(expression: str, text: str) -> bool:
    """As the broker would: `\\z` is written `\\Z` in Python."""
    return re.search(expression.replace(r"\z", r"\Z"), text) is not None


def subjects_near(grant: Grant) -> st.SearchStrategy[str]:
    """Subjects that the grant covers, and such that are a token or a character off."""
    word = st.sampled_from([*WORDS, grant.name, "*", "#", ">", "", "a.b", "x\n", "X"])
    covered = st.sampled_from(grant.publish).map(lambda pattern: pattern.split("."))
    filled = covered.flatmap(lambda parts: st.tuples(*(st.just(p) if p != "*" else word for p in parts)))
    swapped = filled.flatmap(
        lambda parts: st.tuples(st.integers(0, len(parts) - 1), word).map(
            lambda swap: (*parts[: swap[0]], swap[1], *parts[swap[0] + 1 :])
        )
    )
    return st.one_of(filled, swapped).map(".".join)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_the_permitted_routing_keys_are_the_granted_subjects(data: st.DataObject) -> None:
    grant = data.draw(st.sampled_from(GRANTS))
    subject = data.draw(subjects_near(grant))
    plain = all(re.fullmatch("[a-z0-9_-]+", token) for token in subject.split("."))
    granted = plain and any(covers(pattern, subject) for pattern in grant.publish)
    assert matches(rabbitmq_permissions(grant).topic_write, subject) == granted


def test_only_own_queues_are_read_and_only_the_exchange_is_written() -> None:
    permissions = rabbitmq_permissions(grant_for(Role.AGENT, "alice"))
    for queue in ("inbox.alice.rt", "inbox.alice.rel", "proc.alice.s0.rt"):
        assert matches(permissions.read, queue)
        for other in (f"{queue}\n", f"x{queue}", f"{queue}x", queue.replace("alice", "bob"), ""):
            assert not matches(permissions.read, other)
    assert not matches(permissions.read, "proc.alice.s0.rel")
    assert matches(permissions.write, "ov")
    for name in ("ov\n", "amq.default", "", "inbox.alice.rt", "xov"):
        assert not matches(permissions.write, name)


def test_nothing_is_configured_or_bound() -> None:
    for grant in GRANTS:
        permissions = rabbitmq_permissions(grant)
        assert permissions.configure == permissions.topic_read == NOTHING
    for name in ("", "\n", "ov", "anything"):
        assert not matches(NOTHING, name)


def test_a_dot_in_a_name_matches_a_dot_only() -> None:
    permissions = rabbitmq_permissions(grant_for(Role.AGENT, "alice"))
    assert not matches(permissions.read, "inboxXaliceXrt")
    assert not matches(permissions.topic_write, "ovXrtXnormalXagentXbobXalice")
