"""DID documents and the keys in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.credentials.did_document import agent_document, key_document, parse_document
from overlay.credentials.keys import (
    PublicKey,
    from_base58,
    from_jwk,
    from_multikey,
    to_base58,
    to_jwk,
    to_multikey,
)
from overlay.errors import BadCredential, BadName
from overlay.trust.bundle import TrustStore
from overlay.trust.keycard import KeyCard, make_card, open_card
from overlay.trust.keys import SigningKey
from tests.memory_domain import MemoryDomain

# From the did:key method's own test vectors.
ED25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
P256 = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
X25519 = "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F"


@pytest.fixture(scope="module")
def card() -> KeyCard:
    domain = MemoryDomain()
    credentials = domain.credentials("alice")
    return open_card(make_card(credentials, domain.clock()), TrustStore(domain.bundle), domain.clock())


def test_the_document_of_an_agent_has_its_keys_and_is_read_back(card: KeyCard) -> None:
    made = agent_document(card)
    read = parse_document(made.to_json(), "did:web:a.example:agents:alice", 8192)
    assert read == made
    assert agent_document(card).to_json() == made.to_json()
    assert (
        list(read.assertion.values()) == list(read.authentication.values()) == [card.certificate.public_key()]
    )
    assert [key.public_bytes_raw() for key in read.agreement.values()] == [card.sealing_public]
    assert json.loads(made.to_json())["service"][0]["serviceEndpoint"]["uri"] == "overlay:alice@a.example"


def test_a_did_key_is_its_own_document() -> None:
    for did in (ED25519, P256):
        document = key_document(did)
        name = f"{did}#{did.removeprefix('did:key:')}"
        assert list(document.assertion) == [name]
        assert f"did:key:{to_multikey(document.assertion[name])}" == did


@pytest.mark.parametrize(
    "did", [X25519, ED25519[:-1], ED25519 + "1", "did:key:zz", ED25519 + "#x", "did:web:a"]
)
def test_what_is_no_did_key_that_signs_has_no_document(did: str) -> None:
    with pytest.raises((BadCredential, BadName)):
        key_document(did)


def test_keys_survive_being_written() -> None:
    keys: list[PublicKey] = [
        SigningKey.generate().public,
        Ed25519PrivateKey.generate().public_key(),
        X25519PrivateKey.generate().public_key(),
    ]
    for key in keys:
        assert from_jwk(to_jwk(key)) == key
        assert from_multikey(to_multikey(key)) == key
    assert [to_multikey(key)[:3] for key in keys] == ["zDn", "z6M", "z6L"]


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=40))
def test_base58_loses_nothing(data: bytes) -> None:
    assert from_base58(to_base58(data)) == data


def _change(**changes: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: document | changes


def _method(**changes: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(document: dict[str, Any]) -> dict[str, Any]:
        first, *rest = document["verificationMethod"]
        return document | {"verificationMethod": [first | changes, *rest]}

    return change


_PRIVATE = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}
_OFF_CURVE = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}


@pytest.mark.parametrize(
    "change",
    [
        _change(id="did:web:b.example"),
        _change(verificationMethod={}),
        _change(assertionMethod=[7]),
        _change(assertionMethod=["#"]),
        _method(id="did:web:a.example:agents:alice"),
        _method(publicKeyJwk=_PRIVATE),
        _method(publicKeyJwk=_OFF_CURVE),
        lambda document: document | {"verificationMethod": document["verificationMethod"][:1] * 2},
    ],
)
def test_a_malformed_document_is_refused(
    card: KeyCard, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    document = change(json.loads(agent_document(card).to_json()))
    with pytest.raises(BadCredential):
        parse_document(json.dumps(document).encode(), "did:web:a.example:agents:alice", 8192)


def test_a_key_that_another_controls_does_not_count(card: KeyCard) -> None:
    document = _method(controller="did:web:b.example")(json.loads(agent_document(card).to_json()))
    read = parse_document(json.dumps(document).encode(), "did:web:a.example:agents:alice", 8192)
    assert not read.assertion


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "type", "controller", "verificationMethod", "assertionMethod"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_comes_is_a_document_or_a_refusal(value: object) -> None:
    with suppress(BadCredential):
        parse_document(json.dumps(value).encode(), "did:web:a.example", 8192)
