from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadInput, Expired, UnknownKey
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.keyring import CONFIRM_AGAIN
from overlay.trust.keys import SealingKey
from overlay.wire.envelope import decode_envelope
from tests.forgery import CleanRoom
from tests.trust.conversation import NOW, Side, pair

ALICE, BOB = pair()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=2000), st.sampled_from(Class), st.sampled_from(Priority), st.booleans())
def test_what_is_sealed_opens(content: bytes, cls: Class, priority: Priority, wrapped: bool) -> None:
    data = ALICE.seal(BOB, content, cls=cls, priority=priority, always_wrap=wrapped)
    opened = BOB.open(data)
    assert (opened.content, opened.sender) == (content, ALICE.credentials.identity)
    assert len(content) < 20 or content not in data


def test_the_key_travels_until_it_is_confirmed() -> None:
    alice, bob = pair()
    first = alice.seal(bob)
    assert bob.open(first).new_key
    assert decode_envelope(alice.seal(bob)).header.wrap
    alice.keyring.confirm(bob.credentials.party, bytes(16))
    assert decode_envelope(alice.seal(bob)).header.wrap
    alice.keyring.confirm(bob.credentials.party, decode_envelope(first).header.key_id)
    bare = alice.seal(bob)
    assert not decode_envelope(bare).header.wrap
    assert not bob.open(bare).new_key
    assert decode_envelope(alice.seal(bob, always_wrap=True)).header.wrap
    alice.keyring.unconfirm(bob.credentials.party)
    assert decode_envelope(alice.seal(bob)).header.wrap


def test_a_lost_confirmation_is_asked_for_again() -> None:
    alice, bob = pair()
    asked = [bob.open(alice.seal(bob)).new_key for _ in range(2 * CONFIRM_AGAIN + 1)]
    assert [index for index, wanted in enumerate(asked) if wanted] == [0, CONFIRM_AGAIN, 2 * CONFIRM_AGAIN]


def test_another_process_of_the_receiver_asks_for_the_key() -> None:
    alice, bob = pair()
    first = alice.seal(bob)
    alice.keyring.confirm(bob.credentials.party, decode_envelope(first).header.key_id)
    second_process = Side(bob.credentials, bob.trust)
    with pytest.raises(UnknownKey):
        second_process.open(alice.seal(bob))
    assert second_process.open(alice.seal(bob, always_wrap=True)).new_key


def test_each_process_and_each_receiver_has_its_own_key() -> None:
    alice, bob = pair()
    again = Side(alice.credentials, alice.trust)
    keys = {decode_envelope(side.seal(to)).header.key_id for side in (alice, again) for to in (alice, bob)}
    assert len(keys) == 4


def test_no_nonce_is_used_twice_with_one_key() -> None:
    alice, bob = pair(Settings(message_key_uses=10))
    headers = [decode_envelope(alice.seal(bob)).header for _ in range(50)]
    assert len({(header.key_id, header.counter) for header in headers}) == 50
    assert len({header.key_id for header in headers}) == 5
    assert max(header.counter for header in headers) == 9


def test_a_key_is_changed_by_age_and_the_old_one_still_opens() -> None:
    alice, bob = pair(Settings(message_key_lifetime_s=600))
    old = alice.seal(bob, deadline_s=3600, cls=Class.RELIABLE, always_wrap=True)
    alice.now += 601
    assert decode_envelope(alice.seal(bob)).header.key_id != decode_envelope(old).header.key_id
    bob.now += 3000
    assert bob.open(old).content == b"hello"


def test_a_deadline_beyond_the_life_of_keys_is_refused_when_sealing() -> None:
    alice, bob = pair(Settings(max_deadline_s=3600, message_key_lifetime_s=60))
    with pytest.raises(BadInput, match="max_deadline_s"):
        alice.seal(bob, deadline_s=3700)


def test_a_message_past_its_deadline_does_not_open() -> None:
    alice, bob = pair()
    data = alice.seal(bob, deadline_s=10)
    bob.now += 10 + bob.trust.skew_s + 1
    with pytest.raises(Expired, match="deadline"):
        bob.open(data)
    bob.now = NOW + 10 + bob.trust.skew_s
    assert bob.open(data).content == b"hello"


def test_a_receiver_with_a_new_sealing_key_opens_what_was_sealed_to_the_old_one() -> None:
    alice, bob = pair()
    old_card = alice.knows(bob)
    before = bob.credentials
    keys = (SealingKey.generate(), *before.sealing)
    bob.credentials = Credentials(before.certificate, before.key, keys, before.roots)
    bob.keyring.renew(bob.credentials)
    assert bob.open(alice.seal(old_card)).content == b"hello"
    assert bob.open(alice.seal(bob)).content == b"hello"
    dropped = Credentials(before.certificate, before.key, keys[:1], before.roots)
    fresh = Side(dropped, bob.trust)
    with pytest.raises(UnknownKey, match="new key card"):
        fresh.open(Side(alice.credentials, alice.trust).seal(old_card))


def test_of_two_cards_the_later_one_is_used_without_changing_keys_to_and_fro() -> None:
    alice, bob = pair()
    old_card = alice.knows(bob)
    before = bob.credentials
    keys = (SealingKey.generate(), *before.sealing)
    bob.credentials = Credentials(before.certificate, before.key, keys, before.roots)
    alice.now += 1
    bob.now += 1
    new_card = alice.knows(bob)
    used = {
        decode_envelope(alice.seal(card)).header.key_id for card in (new_card, old_card, new_card, old_card)
    }
    assert len(used) == 1


def test_the_card_in_a_message_is_learned_and_forgotten() -> None:
    alice, bob = pair()
    assert bob.keyring.card_of(alice.credentials.party) is None
    bob.open(alice.seal(bob))
    card = bob.keyring.card_of(alice.credentials.party)
    assert card is not None
    assert alice.open(bob.seal(card)).content == b"hello"
    bob.keyring.forget(alice.credentials.party)
    assert bob.keyring.card_of(alice.credentials.party) is None


def test_a_renewed_sender_is_known_by_its_new_certificate() -> None:  # CA-5
    room = CleanRoom("a.example", NOW)
    alice, bob = Side(room.party("alice"), room.store()), Side(room.party("bob"), room.store())
    bob.open(alice.seal(bob))
    renewed = room.party("alice")
    alice.keyring.renew(renewed)
    opened = bob.open(alice.seal(bob))
    assert opened.sender.serial == renewed.identity.serial
    assert opened.new_key


def test_messages_cross_between_domains_that_pin_each_other() -> None:
    here, there = CleanRoom("a.example", NOW), CleanRoom("b.example", NOW)
    alice = Side(here.party("alice"), here.store(there))
    bob = Side(there.party("bob"), there.store(here))
    assert bob.open(alice.seal(bob)).sender.party == alice.credentials.party


def test_a_newcomer_talks_to_its_ca() -> None:
    room = CleanRoom("a.example", NOW)
    newcomer = Side(room.party("join-1", Role.JOIN), room.store())
    ca = Side(room.party("ca", Role.SERVICE), room.store())
    assert ca.open(newcomer.seal(ca)).sender.role is Role.JOIN
    assert newcomer.open(ca.seal(newcomer)).sender.role is Role.SERVICE
