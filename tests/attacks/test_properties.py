"""What no example shows: grants against random subjects, signed things against random mutations."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.admission.nats_permissions import nats_allow
from overlay.admission.permissions import grant_for
from overlay.admission.rabbitmq_permissions import rabbitmq_permissions
from overlay.errors import BadInput, Untrusted
from overlay.naming.ids import link_name
from overlay.trust.bundle import load_certificate
from overlay.trust.identity import Role
from overlay.trust.keycard import make_card, open_card
from overlay.trust.signed import make_signed, open_signed
from tests.forgery import CleanRoom, flipped

ROLES = [
    (Role.AGENT, "alice"),
    (Role.SERVICE, "ca"),
    (Role.SERVICE, "registry"),
    (Role.GATEWAY, "gw"),
    (Role.OPERATOR, "operator"),
    (Role.LINK, link_name("b.example")),
    (Role.JOIN, "join-1"),
]
OTHERS = ["bob", "alice2", "alic", "ca", "registry", "gw", "operator", "join-2", link_name("c.example")]
WORDS = ["ov", "rt", "rel", "svc", "link", "news", "agent", "proc", "out", "chan", "apply", "hello", "normal"]
_token = st.sampled_from([*WORDS, *OTHERS, "alice", "s0", "*", ">", "#", "", "a\n", "A", "$JS", "_INBOX"])
_subjects = st.lists(_token, min_size=1, max_size=8)


def by_nats_rules(pattern: str, subject: str) -> bool:
    """By recursion over tokens, where `naming.patterns` compares lists."""

    def match(left: list[str], right: list[str]) -> bool:
        if not left or not right:
            return left == right
        if left == [">"]:
            return True
        return left[0] in ("*", right[0]) and match(left[1:], right[1:])

    return match(pattern.split("."), subject.split("."))


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(ROLES), _subjects, st.sampled_from(OTHERS))
def test_no_grant_of_either_broker_covers_a_subject_that_ends_in_anothers_name(
    who: tuple[Role, str], tokens: list[str], other: str
) -> None:  # GW-17
    role, name = who
    if other == name or role in (Role.LINK, Role.GATEWAY):  # theirs end in the process
        other = f"not-{name}"
    subject = ".".join([*tokens, other])
    grant = grant_for(role, name)
    own_words = (f".inbox={name}", f".out={name}")  # settling and fetching: its own consumer
    allowed = [one for one in nats_allow(grant).publish if not any(word in one for word in own_words)]
    if role not in (Role.LINK, Role.GATEWAY):
        assert not [pattern for pattern in allowed if by_nats_rules(pattern, subject)]
        topic = rabbitmq_permissions(grant).topic_write.replace(r"\z", r"\Z")
        assert re.search(topic, subject) is None
    else:
        links = [pattern for pattern in allowed if by_nats_rules(pattern, subject)]
        assert all(pattern.split(".")[1] == "link" and name in pattern.split(".") for pattern in links)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(ROLES), _subjects)
def test_both_brokers_mean_the_same_by_a_grant(who: tuple[Role, str], tokens: list[str]) -> None:
    grant = grant_for(*who)
    subject = ".".join(tokens)
    topic = rabbitmq_permissions(grant).topic_write.replace(r"\z", r"\Z")
    if re.search(topic, subject) is not None:
        assert any(by_nats_rules(pattern, subject) for pattern in grant.publish)


NOW = time.time()
ROOM = CleanRoom("a.example", NOW)
ALICE = ROOM.party("alice")
CERTIFICATE = ALICE.certificate.public_bytes(Encoding.DER)
SIGNED: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "a certificate": (CERTIFICATE, lambda data: ROOM.store().verify(load_certificate(data), NOW)),
    "a key card": (make_card(ALICE, NOW), lambda data: open_card(data, ROOM.store(), NOW)),
    "a statement": (
        make_signed("test.kind", b"payload", ALICE),
        lambda data: open_signed("test.kind", data, ROOM.store(), NOW),
    ),
}


@pytest.mark.parametrize("what", SIGNED)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_nothing_signed_verifies_once_it_was_changed(what: str, data: st.DataObject) -> None:
    good, opened = SIGNED[what]
    kind = data.draw(st.sampled_from(["flip", "cut", "grow", "swap"]))
    at = data.draw(st.integers(0, len(good) - 1))
    match kind:
        case "flip":
            bad = flipped(good, at * 8 + data.draw(st.integers(0, 7)))
        case "cut":
            bad = good[:at]
        case "grow":
            bad = good[:at] + data.draw(st.binary(min_size=1, max_size=4)) + good[at:]
        case _:
            bad = good[at:] + good[:at]
    if bad == good:
        return
    try:
        assert opened(bad) == opened(good)  # a signature may be written in more than one way
    except (BadInput, Untrusted):
        return
