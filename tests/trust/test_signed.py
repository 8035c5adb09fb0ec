from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.errors import BadCertificate, BadEnvelope, BadInput, BadSignature, Expired
from overlay.trust.bundle import UnknownDomain
from overlay.trust.credentials import Credentials, sealing_from_pem
from overlay.trust.identity import Role
from overlay.trust.keycard import make_card, open_card, party_of_card
from overlay.trust.keys import SealingKey, SigningKey
from overlay.trust.signed import make_signed, open_signed, unverified_payload
from tests.forgery import DAY_S, CleanRoom, flipped

NOW = 1_800_000_000.0
ROOM = CleanRoom("a.example", NOW)
ALICE = ROOM.party("alice")


def test_a_statement_says_who_signed_it() -> None:
    data = make_signed("greeting", b"hello", ALICE)
    assert open_signed("greeting", data, ROOM.store(), NOW) == (ALICE.identity, b"hello")
    assert unverified_payload("greeting", data) == b"hello"


def test_a_statement_of_another_kind_is_refused_even_under_a_new_label() -> None:
    data = make_signed("greeting", b"hello", ALICE)
    with pytest.raises(BadSignature, match="greeting"):
        open_signed("order", data, ROOM.store(), NOW)
    _, certificate, payload, signature = msgspec.msgpack.decode(data)
    relabelled = msgspec.msgpack.encode(("order", certificate, payload, signature))
    with pytest.raises(BadSignature):
        open_signed("order", relabelled, ROOM.store(), NOW)


def test_a_statement_cannot_be_moved_to_another_certificate_of_the_same_key() -> None:
    again = ROOM.issuer.issue(ALICE.key.public, ALICE.party, Role.AGENT, DAY_S, NOW)
    kind, _, payload, signature = msgspec.msgpack.decode(make_signed("greeting", b"hello", ALICE))
    moved = msgspec.msgpack.encode((kind, again.public_bytes(Encoding.DER), payload, signature))
    with pytest.raises(BadSignature):
        open_signed("greeting", moved, ROOM.store(), NOW)


def test_no_changed_bit_of_a_statement_is_accepted_as_the_same() -> None:
    data = make_signed("greeting", b"hello", ALICE)
    store = ROOM.store()
    for bit in range(0, len(data) * 8, 5):
        with pytest.raises((BadSignature, BadCertificate, BadEnvelope)):
            open_signed("greeting", flipped(data, bit), store, NOW)


def test_a_statement_ends_with_its_certificate_and_its_domain() -> None:
    data = make_signed("greeting", b"hello", ALICE)
    with pytest.raises(Expired):
        open_signed("greeting", data, ROOM.store(), NOW + 101 * DAY_S)
    with pytest.raises(UnknownDomain):
        open_signed("greeting", data, CleanRoom("b.example", NOW).store(), NOW)


def test_a_card_gives_the_newest_sealing_key() -> None:
    newer = Credentials(ALICE.certificate, ALICE.key, (SealingKey.generate(), *ALICE.sealing), ALICE.roots)
    card = open_card(make_card(newer, NOW), ROOM.store(), NOW)
    assert (card.identity, card.name) == (ALICE.identity, "alice@a.example")
    assert (card.sealing_public, card.key_id) == (newer.sealing[0].public, newer.sealing[0].key_id)
    assert party_of_card(card.raw) == "alice@a.example"


def test_a_card_expires_and_never_outlives_its_certificate() -> None:
    store = ROOM.store()
    raw = make_card(ALICE, NOW, 7 * DAY_S)
    with pytest.raises(Expired, match="card"):
        open_card(raw, store, NOW + 7 * DAY_S + store.skew_s + 1)
    assert open_card(make_card(ALICE, NOW, 999 * DAY_S), store, NOW).not_after == ALICE.identity.not_after


def test_nobody_makes_a_card_for_somebody_else() -> None:
    payload = msgspec.msgpack.decode(unverified_payload("key-card", make_card(ALICE, NOW)))
    forged = make_signed("key-card", msgspec.msgpack.encode(payload), ROOM.party("mallory"))
    with pytest.raises(BadCertificate, match="signed a key card for alice"):
        open_card(forged, ROOM.store(), NOW)


def test_a_card_made_in_the_future_does_not_stay_the_newest_for_ever() -> None:
    store = ROOM.store()
    assert open_card(make_card(ALICE, NOW + DAY_S), store, NOW).made == NOW


def test_brokers_and_malformed_payloads_make_no_card() -> None:
    broker = ROOM.party("broker", Role.BROKER)
    with pytest.raises(BadCertificate, match="signs no statements"):
        open_card(make_card(broker, NOW), ROOM.store(), NOW)
    short = msgspec.msgpack.encode(("alice@a.example", b"short", 1, 2))
    for payload in (b"", short):
        with pytest.raises(BadEnvelope):
            open_card(make_signed("key-card", payload, ALICE), ROOM.store(), NOW)


def test_credentials_survive_their_pem_whole_and_in_parts() -> None:
    whole = Credentials.from_pem(ALICE.to_pem())
    parts = (ALICE.certificate_pem, ALICE.key.to_pem(), ALICE.sealing_pem, ALICE.roots_pem)
    for loaded in (whole, Credentials.from_pem(*parts)):
        assert loaded.to_pem() == ALICE.to_pem()
        assert loaded.identity == ALICE.identity
    assert [key.key_id for key in sealing_from_pem(ALICE.sealing_pem)] == [ALICE.sealing[0].key_id]


def test_credentials_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(BadCertificate, match="not the key of this certificate"):
        Credentials(ALICE.certificate, SigningKey.generate(), ALICE.sealing, ALICE.roots)
    for pem in (b"", ALICE.certificate_pem, ALICE.to_pem()[:-30], ALICE.to_pem() + b"rubbish"):
        with pytest.raises(BadInput):
            Credentials.from_pem(pem)


def test_private_keys_do_not_show_in_texts() -> None:
    assert "PRIVATE" not in repr(ALICE)
    assert ALICE.sealing[0].to_bytes().hex() not in repr(ALICE.sealing[0])
