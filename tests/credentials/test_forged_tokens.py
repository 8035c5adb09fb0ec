"""Whatever is changed in a credential, it does not count (attacks on JOSE)."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

from overlay.credentials.credential import parse_payload
from overlay.credentials.did import did_of_domain
from overlay.credentials.did_document import key_name
from overlay.credentials.jose import sign_compact
from overlay.credentials.keys import to_base64url
from overlay.credentials.signing import sign_as_ca
from overlay.credentials.status_list import LENGTH, make_status_payload, parse_status_payload
from overlay.credentials.strict_json import canonical
from overlay.errors import BadCredential
from overlay.trust.keys import SigningKey
from tests.credentials.scene import ALICE, KeyIssuer, Scene

SCENE = Scene()
GOOD = sign_as_ca(SCENE.payload(), SCENE.ca)
STATUS = SCENE.status()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


async def verify(jwt: str) -> None:
    """In a fresh scene's verifier nothing was verified before."""
    await SCENE.fresh().verify(f"{jwt}~{STATUS}", ALICE)


def part(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def encoded(value: object) -> str:
    return to_base64url(canonical(value))


async def test_the_credential_that_is_changed_below_is_good() -> None:
    await verify(GOOD)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(GOOD) - 1), st.sampled_from("ABCDEFGHabcdefgh0123-_=.~ \n"))
def test_a_token_with_another_character_never_verifies(at: int, char: str) -> None:
    changed = GOOD[:at] + char + GOOD[at + 1 :]
    if changed != GOOD:
        with pytest.raises(BadCredential):
            asyncio.run(verify(changed))


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60) | st.integers(0, len(GOOD)).map(lambda end: GOOD[:end]))
def test_what_is_no_token_never_verifies(text: str) -> None:
    if text != GOOD:
        with pytest.raises(BadCredential):
            asyncio.run(verify(text))


def _none() -> str:
    return f"{encoded(part(HEADER) | {'alg': 'none'})}.{PAYLOAD}."


def _hmac_with_the_public_key() -> str:
    public = SCENE.ca.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = part(HEADER) | {"alg": "HS256"}
    registry = jws.JWSRegistry(algorithms=["HS256"], strict_check_header=False)
    registry.max_header_length = 4096
    key = OctKey.import_key(to_base64url(public).encode())
    return jws.serialize_compact(header, canonical(part(PAYLOAD)), key, registry=registry)


def _signed(header: dict[str, object], key: SigningKey | None = None) -> str:
    return sign_compact(part(HEADER) | header, part(PAYLOAD), key or SCENE.ca.key)


def _other_key_same_header() -> str:
    return _signed({}, SigningKey.generate())


def _kid_of_another() -> str:
    other = SigningKey.generate()
    return _signed({"kid": key_name(did_of_domain("a.example"), other.public)}, other)


def _kid_of_another_issuer() -> str:
    issuer = KeyIssuer()
    return _signed({"kid": f"{issuer.did}#{issuer.multikey}"})


def _without(name: str) -> str:
    header = {key: value for key, value in part(HEADER).items() if key != name}
    return sign_compact(header, part(PAYLOAD), SCENE.ca.key)


def _two_certificates() -> str:
    return _signed({"x5c": part(HEADER)["x5c"] * 2})


@pytest.mark.parametrize(
    "forge",
    [
        _none,
        _hmac_with_the_public_key,
        _other_key_same_header,
        _kid_of_another,
        _kid_of_another_issuer,
        _two_certificates,
        lambda: _without("kid"),
        lambda: _without("typ"),
        lambda: _without("x5c"),
        lambda: _signed({"typ": "JWT"}),
        lambda: _signed({"typ": "vp+jwt"}),
        lambda: _signed({"crit": ["alg"]}),
        lambda: _signed({"jwk": {"kty": "EC"}}),
        lambda: _signed({"jku": "https://evil.example/keys"}),
        lambda: f"{HEADER}.{PAYLOAD}.{SIGNATURE}=",
        lambda: f"{HEADER}.{PAYLOAD}.{SIGNATURE}.",
        lambda: f"{HEADER}.{PAYLOAD}.",
        lambda: f"{HEADER}.{encoded(part(PAYLOAD) | {'validFrom': '2020-01-01T00:00:00Z'})}.{SIGNATURE}",
        lambda: "A" * 100_000,
        lambda: "." * 30_000,
        lambda: STATUS,
    ],
)
async def test_a_forged_token_is_refused(forge: Callable[[], str]) -> None:
    with pytest.raises(BadCredential):
        await verify(forge())


def _text(change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    return json.dumps(change(SCENE.payload())).encode()


def _nested(depth: int) -> object:
    found: object = 1
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"\xff",
        _text(lambda value: value)[:-1] + b', "issuer": "did:web:b.example"}',
        _text(lambda value: value | {"x": float("nan")}),
        _text(lambda value: value | {"x": 1 << 60}),
        _text(lambda value: value | {"x": "\ud800"}),
        _text(lambda value: value | {"x": _nested(20)}),
        b"[" * 20_000,
        _text(lambda value: value | {"x": "y" * 40_000}),
        _text(lambda value: value | {"type": ["VerifiableCredential"]}),
        _text(lambda value: value | {"type": ["VerifiableCredential", "a", "b"]}),
        _text(lambda value: value | {"@context": ["https://www.w3.org/2018/credentials/v1"]}),
        _text(lambda value: value | {"issuer": "a.example"}),
        _text(lambda value: value | {"iss": "did:web:b.example"}),
        _text(lambda value: value | {"exp": True}),
        _text(lambda value: value | {"vc": {}}),
        _text(lambda value: value | {"validUntil": None}),
        _text(lambda value: value | {"validUntil": "2030-01-01T00:00:00"}),
        _text(lambda value: value | {"validFrom": "2030-13-01T00:00:00Z"}),
        _text(lambda value: value | {"credentialSubject": [value["credentialSubject"]]}),
        _text(lambda value: value | {"credentialStatus": []}),
        _text(
            lambda value: value | {"credentialStatus": value["credentialStatus"] | {"statusListIndex": "-1"}}
        ),
        _text(lambda value: value | {"credentialStatus": value["credentialStatus"] | {"statusPurpose": "x"}}),
    ],
)
def test_a_payload_that_could_be_read_in_two_ways_is_refused(data: bytes) -> None:
    with pytest.raises(BadCredential):
        parse_payload(data)


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, LENGTH - 1), max_size=20), st.integers(0, LENGTH - 1))
def test_a_status_list_has_exactly_its_bits(revoked: set[int], other: int) -> None:
    made = make_status_payload("https://a.example/s", "did:web:a.example", revoked, 10.0, 20.0)
    read = parse_status_payload(canonical(made))
    assert (read.made, read.valid_until) == (10.0, 20.0)
    assert all(read.revoked(index) for index in revoked)
    assert read.revoked(other) == (other in revoked)


@pytest.mark.parametrize(
    "bits", [bytes(LENGTH // 8 - 1), bytes(1 << 24), b""], ids=["short", "bomb", "nothing"]
)
def test_a_status_list_of_the_wrong_length_is_refused(bits: bytes) -> None:
    payload = make_status_payload("https://a.example/s", "did:web:a.example", (), 10.0, 20.0)
    subject = payload["credentialSubject"]
    assert isinstance(subject, dict)
    subject["encodedList"] = "u" + to_base64url(gzip.compress(bits))
    with pytest.raises(BadCredential):
        parse_status_payload(canonical(payload))
