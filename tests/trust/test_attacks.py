"""Envelopes that were changed, moved, repeated or made up: none opens, and none leaves a trace."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import (
    BadCertificate,
    BadEnvelope,
    BadInput,
    BadSeal,
    BadSignature,
    Replayed,
    UnknownKey,
    Untrusted,
)
from overlay.naming.ids import link_name
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.trust.identity import Role
from overlay.trust.replay import WINDOW, ReplayWindow
from overlay.wire.envelope import decode_envelope, encode_envelope
from tests.forgery import CleanRoom, changed_header, flipped
from tests.trust.conversation import NOW, Side, pair

ALICE, BOB = pair()
SEALED = ALICE.seal(BOB)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(SEALED) * 8 - 1))
def test_an_envelope_with_any_bit_flipped_never_opens(bit: int) -> None:
    bob = Side(BOB.credentials, BOB.trust)
    with pytest.raises((Untrusted, BadInput)):
        bob.open(flipped(SEALED, bit), ALICE.subject(ALICE.knows(BOB)))
    assert bob.keyring.card_of(ALICE.credentials.party) is None
    assert bob.open(SEALED).new_key


def test_no_bit_of_an_envelope_with_a_known_key_can_be_flipped() -> None:
    alice, bob = pair()
    first = alice.seal(bob)
    bob.open(first)
    alice.keyring.confirm(bob.credentials.party, decode_envelope(first).header.key_id)
    data, subject = alice.seal(bob), alice.subject(alice.knows(bob))
    for bit in range(len(data) * 8):
        with pytest.raises((Untrusted, BadInput)):
            bob.open(flipped(data, bit), subject)
    assert bob.open(data).content == b"hello"


def test_nesting_without_end_and_broken_text_are_bad_envelopes() -> None:
    header = msgspec.msgpack.encode(decode_envelope(SEALED).header)
    nested = bytes([header[0] + 1]) + header[1:] + b"\x91" * 5000 + b"\x00"
    not_utf8 = header.replace(b"alice@", b"\xff\xfe\xfd\xfc\xfb@")
    for data in (nested, not_utf8):
        with pytest.raises(BadEnvelope, match="malformed"):
            decode_envelope(encode_envelope(data, b""))


def test_a_message_is_bound_to_the_subject_it_was_published_on() -> None:
    alice, bob = pair()
    card = alice.knows(bob)
    other = alice.subject(card, priority=Priority.CRITICAL)
    with pytest.raises(BadSeal):
        bob.open(alice.seal(card), other)


def test_a_message_is_bound_to_all_of_its_header() -> None:
    alice, bob = pair()
    data, subject = alice.seal(bob), alice.subject(alice.knows(bob))
    changes: list[dict[str, object]] = [
        {"id": bytes(16)},
        {"cls": Class.RELIABLE},
        {"priority": Priority.CRITICAL},
        {"deadline_ms": int((NOW + 9000) * 1000)},
        {"counter": 7},
        {"slot": "s1"},
        {"sender_slot": "s1"},
    ]
    for change in changes:
        with pytest.raises(BadSeal):
            bob.open(changed_header(data, **change), subject)
    assert bob.open(data).content == b"hello"


def test_a_message_reflected_to_its_sender_is_refused() -> None:
    alice, bob = pair()
    data = alice.seal(bob)
    with pytest.raises(BadSeal, match="not for alice"):
        alice.open(data)
    turned = changed_header(data, sender="bob@a.example", to="alice@a.example")
    with pytest.raises(BadSeal):
        alice.open(turned)
    mirrored = changed_header(data, to="alice@a.example")
    with pytest.raises(UnknownKey):
        alice.open(mirrored)


def test_a_receiver_cannot_hand_a_wrapped_key_on_as_the_senders() -> None:
    room = CleanRoom("a.example", NOW)
    alice, bob, carol = (Side(room.party(name), room.store()) for name in ("alice", "bob", "carol"))
    for_bob = alice.seal(bob)
    with pytest.raises(BadSeal, match="not for carol"):
        carol.open(for_bob)
    with pytest.raises(UnknownKey):
        carol.open(changed_header(for_bob, to="carol@a.example"))
    for_carol = decode_envelope(alice.seal(carol)).header
    mixed = changed_header(for_bob, to="carol@a.example", wrap=for_carol.wrap, card=for_carol.card)
    with pytest.raises(BadSignature):
        carol.open(mixed)


def test_nobody_shows_anothers_wrap_as_his_own() -> None:
    room = CleanRoom("a.example", NOW)
    alice, bob, mallory = (Side(room.party(name), room.store()) for name in ("alice", "bob", "mallory"))
    data = alice.seal(bob)
    stolen = changed_header(data, sender="mallory@a.example", card=mallory.card())
    with pytest.raises(BadSignature):
        bob.open(stolen)
    with pytest.raises(BadSeal, match="shows the key card of mallory"):
        bob.open(changed_header(data, card=mallory.card()))
    with pytest.raises(BadSeal, match="shows the key card of alice"):
        bob.open(changed_header(data, sender="mallory@a.example"))


def test_mallory_cannot_continue_alices_key() -> None:
    room = CleanRoom("a.example", NOW)
    alice, bob, mallory = (Side(room.party(name), room.store()) for name in ("alice", "bob", "mallory"))
    data = alice.seal(bob)
    bob.open(data)
    key_id = decode_envelope(data).header.key_id
    forged = changed_header(mallory.seal(bob), sender="alice@a.example", key_id=key_id, counter=99)
    with pytest.raises(BadSeal):
        bob.open(forged)


def test_a_realtime_message_opens_once_and_a_reliable_one_again() -> None:
    alice, bob = pair()
    once, again = alice.seal(bob), alice.seal(bob, cls=Class.RELIABLE, always_wrap=True)
    bob.open(once)
    with pytest.raises(Replayed):
        bob.open(once)
    assert bob.open(again).content == bob.open(again).content == b"hello"


def test_a_deadline_beyond_what_the_receiver_remembers_is_refused() -> None:
    room = CleanRoom("a.example", NOW)
    patient = Settings(max_deadline_s=7 * 86400)
    alice, bob = Side(room.party("alice"), room.store(), patient), Side(room.party("bob"), room.store())
    late = alice.seal(bob, cls=Class.RELIABLE, deadline_s=Settings().max_deadline_s + 60)
    with pytest.raises(BadEnvelope, match="max_deadline_s"):
        bob.open(late)
    in_time = alice.seal(bob, cls=Class.RELIABLE, deadline_s=Settings().max_deadline_s)
    assert bob.open(in_time).content == b"hello"


def test_priorities_may_overtake_each_other_without_limit() -> None:
    alice, bob = pair()
    late = alice.seal(bob, priority=Priority.BULK)
    for _ in range(WINDOW + 10):
        bob.open(alice.seal(bob))
    assert bob.open(late).content == b"hello"
    with pytest.raises(Replayed):
        bob.open(late)


def test_a_message_that_does_not_open_changes_nothing() -> None:
    alice, bob = pair()
    data = alice.seal(bob)
    envelope = decode_envelope(data)
    with pytest.raises(BadSeal):
        bob.open(encode_envelope(envelope.header_bytes, bytes(len(envelope.sealed))))
    assert bob.keyring.card_of(alice.credentials.party) is None
    assert bob.open(data).new_key


def test_a_revoked_sender_is_refused_at_once_and_so_is_a_revoked_receiver() -> None:  # CA-8
    alice, bob = pair()
    card = alice.knows(bob)
    bob.open(alice.seal(card))
    bob.trust.deny("a.example", alice.credentials.identity.serial)
    with pytest.raises(BadCertificate, match="revoked"):
        bob.open(alice.seal(card))
    alice.trust.deny("a.example", bob.credentials.identity.serial)
    with pytest.raises(BadCertificate, match="revoked"):
        alice.seal(card)


def test_a_domain_that_is_trusted_no_more_is_refused_at_once() -> None:
    here, there = CleanRoom("a.example", NOW), CleanRoom("b.example", NOW)
    alice = Side(here.party("alice"), here.store(there))
    bob = Side(there.party("bob"), there.store(here))
    card = alice.knows(bob)
    bob.open(alice.seal(card))
    bob.trust.remove("a.example")
    with pytest.raises(BadCertificate, match="unknown here"):
        bob.open(alice.seal(card))
    bob.keyring.forget_domain("a.example")
    assert bob.keyring.card_of(alice.credentials.party) is None


def test_links_newcomers_and_foreign_cas_do_not_send_to_agents() -> None:
    room, forger = CleanRoom("a.example", NOW), CleanRoom("a.example", NOW)
    bob = Side(room.party("bob"), room.store())
    newcomer = Side(room.party("join-1", Role.JOIN), room.store())
    with pytest.raises(BadCertificate, match="may not send"):
        bob.open(newcomer.seal(bob))
    link = room.party(link_name("b.example"), Role.LINK, peer="b.example")
    with pytest.raises(BadCertificate, match="no key card"):
        bob.open(_carded(newcomer.seal(bob), Side(link, room.store())))
    impostor = Side(forger.party("alice"), forger.store())
    with pytest.raises(BadCertificate, match="no root pinned"):
        bob.open(_carded(newcomer.seal(bob), impostor))


def _carded(data: bytes, sender: Side) -> bytes:
    return changed_header(data, sender=str(sender.credentials.party), card=sender.card())


def test_one_sender_cannot_push_out_the_keys_of_another() -> None:
    room = CleanRoom("a.example", NOW)
    few = Settings(incoming_keys_per_sender=2, incoming_keys=100)
    bob = Side(room.party("bob"), room.store(), few)
    alice, mallory = room.party("alice"), room.party("mallory")
    process = Side(alice, room.store())
    first = process.seal(bob)
    bob.open(first)
    process.keyring.confirm(bob.credentials.party, decode_envelope(first).header.key_id)
    for _ in range(5):
        bob.open(Side(mallory, room.store()).seal(bob))
    assert bob.open(process.seal(bob)).content == b"hello"


def test_one_domain_cannot_push_out_the_keys_of_another() -> None:
    here, there = CleanRoom("a.example", NOW), CleanRoom("b.example", NOW)
    bob = Side(here.party("bob"), here.store(there), Settings(incoming_keys=3))
    alice = Side(here.party("alice"), here.store())
    first = alice.seal(bob)
    bob.open(first)
    alice.keyring.confirm(bob.credentials.party, decode_envelope(first).header.key_id)
    for number in range(6):
        bob.open(Side(there.party(f"sybil{number}"), there.store(here)).seal(bob))
    assert bob.open(alice.seal(bob)).content == b"hello"


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(st.integers(0, 3 * WINDOW), st.integers(0, 2**64 - 1)), max_size=60))
def test_a_window_takes_each_counter_once_and_none_from_behind(counters: list[int]) -> None:
    window, seen = ReplayWindow(), set[int]()
    for counter in counters:
        new = counter not in seen and counter > max(seen, default=-1) - WINDOW
        assert window.is_new(counter) is new
        if new:
            window.add(counter)
            seen.add(counter)
