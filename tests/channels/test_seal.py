"""What is published in a channel: opened by members as it was sealed, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.channels.epoch import Epoch, new_epoch, sender_key
from overlay.channels.roster import Member, Roster
from overlay.channels.seal import Opener, Published, Publisher, seal
from overlay.clock import system_clock
from overlay.errors import NotPermitted, OverlayError, Replayed, UnknownKey
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.wire.envelope import decode_envelope
from tests.forgery import CleanRoom

CHANNEL = PartyId("case", "a.example")
ALICE, BOB, CAROL = (PartyId.parse(name) for name in ("alice@a.example", "bob@a.example", "carol@b.example"))
ROSTER = Roster(str(CHANNEL), str(ALICE), 1, tuple(Member(str(one), 1) for one in (ALICE, BOB, CAROL)))
SETTINGS = Settings()
TRUST = CleanRoom("a.example", system_clock()).store()


def _publish(
    publisher: Publisher, epoch: Epoch, body: bytes = b"hello", cls: Class = Class.REALTIME
) -> Published:
    deadline_ms = int((system_clock() + 30) * 1000)
    draft = publisher.draft(cls, Priority.NORMAL, deadline_ms, body, {})
    return seal(publisher.head(epoch, draft), draft.content)


def _opener(me: PartyId = BOB) -> Opener:
    return Opener(CHANNEL, me, TRUST, system_clock, SETTINGS)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200), st.sampled_from(Class))
def test_members_read_what_was_published(body: bytes, cls: Class) -> None:  # GW-9
    epoch = new_epoch(1)
    sent = _publish(Publisher(CHANNEL, ALICE), epoch, body, cls)
    opened = _opener().open(decode_envelope(sent.envelope), sent.subject, epoch, ROSTER)
    assert (opened.sender, opened.content.body, opened.content.sequence) == (ALICE, body, 1)


def test_a_member_of_another_domain_is_read_by_what_its_gateway_delivers() -> None:
    epoch = new_epoch(1)
    sent = _publish(Publisher(CHANNEL, CAROL), epoch)
    arrived = sent.subject.rpartition(".")[0] + ".gw"
    assert _opener().open(decode_envelope(sent.envelope), arrived, epoch, ROSTER).sender == CAROL
    with pytest.raises(OverlayError):
        _opener().open(decode_envelope(sent.envelope), sent.subject, epoch, ROSTER)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_whatever_is_changed_on_the_way_does_not_open(data: st.DataObject) -> None:
    epoch = new_epoch(1)
    sent = _publish(Publisher(CHANNEL, ALICE), epoch)
    place = data.draw(st.integers(0, len(sent.envelope) - 1))
    changed = bytearray(sent.envelope)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(OverlayError):
        _opener().open(decode_envelope(bytes(changed)), sent.subject, epoch, ROSTER)


@pytest.mark.parametrize(
    "subject",
    [
        "ov.rt.high.chan.a_example.case.alice",
        "ov.rel.normal.chan.a_example.case.alice",
        "ov.rt.normal.chan.a_example.other.alice",
        "ov.rt.normal.chan.b_example.case.alice",
        "ov.rt.normal.chan.a_example.case.bob",
        "ov.rt.normal.chan.a_example.case.gw",
        "ov.rt.normal.agent.case.alice",
    ],
)
def test_a_message_on_another_subject_is_dropped(subject: str) -> None:
    epoch = new_epoch(1)
    sent = _publish(Publisher(CHANNEL, ALICE), epoch)
    with pytest.raises(OverlayError):
        _opener().open(decode_envelope(sent.envelope), subject, epoch, ROSTER)


def test_what_was_read_once_is_not_read_again() -> None:
    epoch, opener = new_epoch(1), _opener()
    sent = _publish(Publisher(CHANNEL, ALICE), epoch)
    opener.open(decode_envelope(sent.envelope), sent.subject, epoch, ROSTER)
    with pytest.raises(Replayed):
        opener.open(decode_envelope(sent.envelope), sent.subject, epoch, ROSTER)


def test_who_is_not_in_the_roster_or_may_only_read_is_not_heard() -> None:
    epoch = new_epoch(1)
    sent = _publish(Publisher(CHANNEL, PartyId("mallory", "a.example")), epoch)
    with pytest.raises(NotPermitted):
        _opener().open(decode_envelope(sent.envelope), sent.subject, epoch, ROSTER)
    silent = Roster(str(CHANNEL), str(BOB), 1, (Member(str(BOB), 1), Member(str(ALICE), 1, publish=False)))
    sent = _publish(Publisher(CHANNEL, ALICE), epoch)
    with pytest.raises(NotPermitted):
        _opener().open(decode_envelope(sent.envelope), sent.subject, epoch, silent)


def test_the_secret_of_another_epoch_opens_nothing() -> None:
    sent = _publish(Publisher(CHANNEL, ALICE), new_epoch(1))
    with pytest.raises(UnknownKey):
        _opener().open(decode_envelope(sent.envelope), sent.subject, new_epoch(2), ROSTER)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from([0, 1, 2])), min_size=2, max_size=30))
def test_no_two_messages_share_key_and_nonce(turns: list[tuple[int, int]]) -> None:
    """Two processes of one sender and one of another, over two epochs that may alternate."""
    epochs = [new_epoch(1), new_epoch(2)]
    publishers = [Publisher(CHANNEL, who) for who in (ALICE, ALICE, BOB)]
    used = set()
    for which, who in turns:
        header = decode_envelope(_publish(publishers[who], epochs[which]).envelope).header
        used.add((header.key_id, header.sender, header.sender_slot, header.counter))
    assert len(used) == len(turns)


def test_each_sender_and_process_has_a_key_of_its_own() -> None:
    epoch, nonce = new_epoch(1), bytes(12)
    keys = [
        sender_key(epoch, channel, sender, process).encrypt(nonce, b"same", b"")
        for channel in ("case@a.example", "case@b.example")
        for sender in ("alice@a.example", "bob@a.example")
        for process in ("p0", "p1")
    ]
    assert len(set(keys)) == len(keys)
