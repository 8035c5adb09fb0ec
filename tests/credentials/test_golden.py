"""Vectors of the standards themselves."""

from __future__ import annotations

from overlay.credentials.did_document import key_document
from overlay.credentials.jose import read_compact
from overlay.credentials.keys import from_jwk, thumbprint, to_jwk, to_multikey
from overlay.credentials.status_list import LENGTH, make_status_payload, parse_status_payload
from overlay.credentials.strict_json import canonical, parse_object

ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def test_the_p256_key_of_the_did_key_method() -> None:
    did = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns",
        "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM",
    }
    (key,) = key_document(did).assertion.values()
    assert to_jwk(key) == jwk
    assert f"did:key:{to_multikey(from_jwk(jwk))}" == did


def test_the_thumbprint_and_the_signature_of_rfc_8037() -> None:
    key = from_jwk(ED25519)
    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    signed = read_compact(f"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.{signature}", 1000)
    (named,) = key_document(f"did:key:{to_multikey(key)}").assertion.values()
    signed.verify(named)
    assert signed.payload == b"Example of Ed25519 signing"


def test_the_list_of_the_bitstring_status_list_recommendation() -> None:
    payload = make_status_payload("https://example.com/status/3", "did:web:example.com", (), 1.0, 2.0)
    subject = payload["credentialSubject"]
    assert isinstance(subject, dict)
    subject["encodedList"] = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    read = parse_status_payload(canonical(payload))
    assert len(read.bits) * 8 == LENGTH
    assert not any(read.bits)


def test_the_canonical_form_of_rfc_8785() -> None:
    text = (
        '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"literals":[null,true]}'
    )
    expected = b'{"literals":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    assert canonical(parse_object(text, 1000, "it")) == expected
