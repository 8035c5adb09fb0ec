"""Signed answers: only the registry's own, to this question, and fresh ones (REG-6)."""

from __future__ import annotations

import msgspec
import pytest

from overlay.errors import BadCertificate, BadEnvelope, BadSignature, Expired
from overlay.naming.ids import CA, REGISTRY
from overlay.registry.answers import open_answer
from overlay.registry.protocol import ANSWER_KIND, Answer, question_hash
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed
from tests.registry.town import Town


def signed(town: Town, owner: Credentials, kind: str = ANSWER_KIND) -> bytes:
    """An answer to the question `find net`."""
    answer = Answer(question_hash("find", b"net"), town.clock(), b"alice")
    return make_signed(kind, msgspec.msgpack.encode(answer), owner)


def opened(town: Town, data: bytes, operation: str = "find", body: bytes = b"net") -> bytes:
    trust = TrustStore(town.bundle, skew_s=5)
    now = town.clock()
    return open_answer(data, operation, body, trust=trust, now=now, age_s=60)


@pytest.fixture
def registry(town: Town) -> Credentials:
    return town.credentials(REGISTRY, role=Role.SERVICE)


def test_an_answer_opens_for_its_question_while_it_is_fresh(town: Town, registry: Credentials) -> None:
    data = signed(town, registry)
    town.clock.now += 65
    assert opened(town, data) == b"alice"
    town.clock.now += 1
    with pytest.raises(Expired, match="ask again"):
        opened(town, data)


def test_an_answer_from_the_future_is_refused(town: Town, registry: Credentials) -> None:
    data = signed(town, registry)
    town.clock.now -= 6
    with pytest.raises(Expired):
        opened(town, data)


def test_an_answer_to_another_question_is_refused(town: Town, registry: Credentials) -> None:
    data = signed(town, registry)
    for operation, body in (("find", b"power"), ("resolve", b"net"), ("fin", b"dnet")):
        with pytest.raises(BadSignature, match="another question"):
            opened(town, data, operation, body)


def test_an_answer_with_any_bit_changed_is_refused(town: Town, registry: Credentials) -> None:
    data = signed(town, registry)
    for position in range(0, len(data), 7):
        changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        with pytest.raises((BadSignature, BadCertificate, BadEnvelope)):
            opened(town, changed)


def test_nobody_but_the_registry_of_our_domain_answers_for_it(town: Town) -> None:
    forger = Town(clock=town.clock)
    for liar in (town.credentials("alice"), town.credentials(CA, role=Role.SERVICE)):
        with pytest.raises(BadSignature, match="was signed by"):
            opened(town, signed(town, liar))
    with pytest.raises(BadCertificate):
        opened(town, signed(town, forger.credentials(REGISTRY, role=Role.SERVICE)))


def test_another_kind_of_statement_is_no_answer(town: Town, registry: Credentials) -> None:
    with pytest.raises(BadSignature, match="not a signed"):
        opened(town, signed(town, registry, kind="key-card"))
