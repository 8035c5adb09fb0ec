"""The handshake of a link, and those who attack it (GW-3, GW-17)."""

from __future__ import annotations

import time

import msgspec
import pytest

from bridges.links import handshake_messages as messages
from bridges.links.handshake import AcceptorHandshake, DiallerHandshake
from bridges.links.handshake_messages import Finish, Hello, Welcome
from bridges.links.key_agreement import KeyShares, answer
from overlay.errors import BadCertificate, BadEnvelope, BadSeal, BadSignature, Expired, OverlayError, Refused
from overlay.trust.identity import Role
from tests.gateway.gateways import LIMIT, Domain, acceptor, dialler, established, trust

A, B, C = Domain("a.example"), Domain("b.example"), Domain("c.example")


def changed_hello(hello: bytes, **changes: object) -> bytes:
    message = messages.decode(messages.HELLO, hello, Hello)
    return messages.encode(messages.HELLO, msgspec.structs.replace(message, **changes))


def changed_welcome(welcome: bytes, **changes: object) -> bytes:
    """With another body under the old signature."""
    message = messages.decode(messages.WELCOME, welcome, Welcome)
    body = msgspec.structs.replace(messages.decode_welcome_body(message.body), **changes)
    message = msgspec.structs.replace(message, body=messages.encode_body(body))
    return messages.encode(messages.WELCOME, message)


def test_both_sides_prove_themselves_and_arrive_at_the_same_keys() -> None:
    one, two = established(A, B)
    assert two.session.open(one.session.seal(b"to b")) == b"to b"
    assert one.session.open(two.session.seal(b"to a")) == b"to a"
    assert (str(one.peer), one.process, str(two.peer), two.process) == (
        "gw@b.example",
        "s1",
        "gw@a.example",
        "s0",
    )


def test_no_two_handshakes_have_the_same_keys() -> None:
    (one, _), (_, other) = established(A, B), established(A, B)
    assert one.session.tag != other.session.tag


def test_a_hello_passed_on_to_another_gateway_is_refused() -> None:
    hello = dialler(A, C).hello
    with pytest.raises(Refused, match=r"greets gw@c\.example"):
        acceptor(B, A, hello)


def test_a_welcome_passed_on_from_another_handshake_is_refused() -> None:
    one, two = dialler(A, B), dialler(A, B)
    with pytest.raises(Refused):
        two.welcomed(acceptor(B, A, one.hello).welcome, time.time())


def test_a_gateway_in_the_middle_cannot_pass_its_own_certificate_off_as_the_peers() -> None:
    dialling = dialler(A, B)
    meant_for_c = changed_hello(dialling.hello, to="gw@c.example")
    welcome = changed_welcome(acceptor(C, A, meant_for_c).welcome, sender="gw@b.example")
    with pytest.raises(BadCertificate):
        dialling.welcomed(welcome, time.time())


@pytest.mark.parametrize("field", ["nonce", "reply", "process", "protocols"])
def test_a_welcome_changed_on_the_way_fails(field: str) -> None:
    dialling = dialler(A, B)
    _, other_reply = KeyShares(), answer(KeyShares().public)[0]
    values = {"nonce": bytes(32), "reply": other_reply, "process": "s2", "protocols": ("envelope/1",)}
    welcome = changed_welcome(acceptor(B, A, dialling.hello).welcome, **{field: values[field]})
    with pytest.raises(BadSignature):
        dialling.welcomed(welcome, time.time())


@pytest.mark.parametrize("field", ["share", "protocols"])
def test_a_hello_changed_on_the_way_fails(field: str) -> None:
    dialling = dialler(A, B)
    values = {"share": KeyShares().public, "protocols": ("envelope/1",)}
    hello = changed_hello(dialling.hello, **{field: values[field]})
    with pytest.raises(BadSignature):
        dialling.welcomed(acceptor(B, A, hello).welcome, time.time())


def test_an_older_version_is_refused_even_if_nothing_else_of_it_is_understood() -> None:
    old = messages.HELLO + msgspec.msgpack.encode([0, "something else"])
    with pytest.raises(Refused, match="version 0"):
        acceptor(B, A, old)


def test_weaker_algorithms_are_refused() -> None:
    with pytest.raises(Refused, match="algorithms"):
        acceptor(B, A, changed_hello(dialler(A, B).hello, suite="x25519"))


def test_no_common_protocol_is_refused_with_the_reason() -> None:
    with pytest.raises(Refused, match="no common protocol"):
        acceptor(B, A, changed_hello(dialler(A, B).hello, protocols=("envelope/9",)))


def test_a_certificate_of_another_domain_is_refused() -> None:
    hello = DiallerHandshake(C.gateway, "s0", trust(B), LIMIT).hello
    with pytest.raises(BadCertificate):
        acceptor(B, A, changed_hello(hello, sender="gw@a.example"))


def test_an_agent_of_the_right_domain_is_no_gateway() -> None:
    agent = A.issue("mallory", Role.AGENT)
    hello = DiallerHandshake(agent, "s0", trust(B), LIMIT).hello
    with pytest.raises(BadCertificate, match="not the gateway"):
        acceptor(B, A, changed_hello(hello, sender="gw@a.example"))
    with pytest.raises(BadCertificate, match="not the gateway"):
        AcceptorHandshake(
            B.gateway,
            "s1",
            trust(A, "mallory"),
            changed_hello(dialler(A, B).hello, sender="mallory@a.example"),
            time.time(),
            LIMIT,
        )


def test_a_root_of_the_same_name_that_is_not_the_pinned_one_proves_nothing() -> None:
    with pytest.raises(BadCertificate):
        acceptor(B, A, dialler(Domain("a.example"), B).hello)


def test_an_expired_and_a_revoked_certificate_are_refused() -> None:
    hello = dialler(A, B).hello
    with pytest.raises(Expired):
        AcceptorHandshake(B.gateway, "s1", trust(A), hello, time.time() + 7200, LIMIT)
    revoked = trust(A, "gw", A.gateway.identity.serial)
    with pytest.raises(BadCertificate, match="revoked"):
        AcceptorHandshake(B.gateway, "s1", revoked, hello, time.time(), LIMIT)


def test_a_replayed_hello_gets_a_welcome_that_the_old_finish_does_not_answer() -> None:
    dialling = dialler(A, B)
    finish, _ = dialling.welcomed(acceptor(B, A, dialling.hello).welcome, time.time())
    again = acceptor(B, A, dialling.hello)
    with pytest.raises(BadSeal):
        again.finished(finish)


def test_whoever_knows_the_keys_still_has_to_sign() -> None:
    dialling = dialler(A, B)
    accepting = acceptor(B, A, dialling.hello)
    finish, _ = dialling.welcomed(accepting.welcome, time.time())
    message = messages.decode(messages.FINISH, finish, Finish)
    forged = msgspec.structs.replace(message, signature=C.gateway.key.sign(b"something"))
    with pytest.raises(BadSignature):
        accepting.finished(messages.encode(messages.FINISH, forged))


@pytest.mark.parametrize("data", [b"", b"H", b"H\xc0", b"H" + bytes(20000), b"W\x90", b"H\x91\x01"])
def test_what_is_no_handshake_message_is_refused(data: bytes) -> None:
    with pytest.raises(OverlayError):
        acceptor(B, A, data)


def test_key_shares_of_a_wrong_size_or_order_are_refused() -> None:
    with pytest.raises(BadSeal):
        answer(b"short")
    with pytest.raises(BadSeal):
        answer(bytes(32) + KeyShares().public[32:])
    with pytest.raises(BadEnvelope):
        acceptor(B, A, changed_hello(dialler(A, B).hello, nonce=b"short"))
