"""What the callout makes of a server's question, without a server."""

from __future__ import annotations

import secrets
import time

import nkeys
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.admission.doorkeeper import Admitted, Doorkeeper
from overlay.admission.nats_answers import Question, admission, read_question, refusal, serial_in, user_name
from overlay.admission.nats_jwt import NatsSigner, open_token
from overlay.errors import BadInput, OverlayError
from overlay.trust.bundle import TrustStore
from tests.brokers.certificates import Ca


def _signer(prefix: int) -> NatsSigner:
    return NatsSigner(nkeys.encode_seed(secrets.token_bytes(32), prefix).decode())


SERVER = _signer(nkeys.PREFIX_BYTE_SERVER)
ISSUER = _signer(nkeys.PREFIX_BYTE_ACCOUNT)
USER = _signer(nkeys.PREFIX_BYTE_USER).public


def _request(**changed: object) -> bytes:
    nats: dict[str, object] = {
        "type": "authorization_request",
        "server_id": {"id": SERVER.public},
        "user_nkey": USER,
        "client_tls": {"verified_chains": [["LEAF", "ROOT"], ["OTHER"]]},
    }
    return SERVER.sign({"exp": 7, "nats": nats | changed})


def test_the_leaf_of_the_verified_chain_is_what_counts() -> None:
    assert read_question(_request()) == Question(SERVER.public, USER, b"LEAF", 7.0)


def test_a_certificate_that_the_server_did_not_verify_does_not_count() -> None:
    assert read_question(_request(client_tls={"certs": ["LEAF"]})).certificate_pem == b""


def test_a_request_speaks_only_for_the_server_that_signed_it() -> None:
    with pytest.raises(BadInput, match="server that signed it"):
        read_question(_request(server_id={"id": _signer(nkeys.PREFIX_BYTE_SERVER).public}))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(_request()) - 1), st.sampled_from(b"AZ_.-\x00"))
def test_a_tampered_request_is_not_read(position: int, byte: int) -> None:
    request = bytearray(_request())
    if request[position] != byte and position < len(request) - 1:  # the last character has spare bits
        request[position] = byte
        with pytest.raises(OverlayError):
            read_question(bytes(request))


def test_a_user_gets_what_is_granted_until_the_certificate_ends(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ca = Ca(tmp_path_factory.mktemp("ca"))
    certificate, _ = ca.certificate("alice", lifetime_s=600)
    verdict = Doorkeeper(TrustStore(ca.bundle)).decide(certificate.public_bytes(Encoding.PEM), time.time())
    assert isinstance(verdict, Admitted)
    answer = open_token(admission(read_question(_request()), verdict, ISSUER, time.time()))
    assert (answer["iss"], answer["aud"], answer["sub"]) == (ISSUER.public, SERVER.public, USER)
    user = open_token(answer["nats"]["jwt"].encode())
    assert (user["iss"], user["aud"], user["sub"]) == (ISSUER.public, "APP", USER)
    assert user["exp"] <= certificate.not_valid_after_utc.timestamp()
    assert serial_in(user["name"]) == certificate.serial_number
    assert "resp" not in user["nats"]
    assert not {">", "*"} & {*user["nats"]["pub"]["allow"], *user["nats"]["sub"]["allow"]}


def test_a_refusal_carries_no_user() -> None:
    answer = open_token(refusal(read_question(_request()), "revoked", ISSUER, time.time()))
    assert answer["nats"].keys() == {"type", "version", "error"}


def test_the_serial_number_is_read_back_from_a_user_name() -> None:
    assert serial_in(user_name("a-b_c", 2**150 + 17)) == 2**150 + 17
    assert serial_in("sys") is None
    assert serial_in("sys:zz") is None
