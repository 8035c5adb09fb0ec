"""Who published something in a channel: proved where it is signed, said by brokers where it is not."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.channels.epoch import new_epoch
from overlay.channels.roster import Member, Roster
from overlay.channels.seal import Opener, Published, Publisher, seal
from overlay.channels.signatures import Signed, UnknownCertificate, leaf_of, sign_leaves, with_content
from overlay.channels.signing import Signing
from overlay.clock import system_clock
from overlay.errors import BadCertificate, BadSignature, OverlayError, Replayed
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from overlay.wire.envelope import decode_envelope
from tests.forgery import CleanRoom

HERE, THERE = (CleanRoom(domain, system_clock()) for domain in ("a.example", "b.example"))
CHANNEL = PartyId("case", "a.example")
ALICE, MALLORY, CAROL = HERE.party("alice"), HERE.party("mallory"), THERE.party("carol")
BOB = PartyId("bob", "a.example")
MEMBERS = tuple(Member(str(one), 1) for one in (ALICE.party, BOB, MALLORY.party, CAROL.party))
OPEN = Roster(str(CHANNEL), str(ALICE.party), 1, MEMBERS)
SIGNED = msgspec.structs.replace(OPEN, signed=True)
EPOCH = new_epoch(1)


def _opener() -> Opener:
    return Opener(CHANNEL, BOB, HERE.store(THERE), system_clock, Settings())


def _publish(
    whose: PartyId, signer: Credentials | None, body: bytes = b"hello", *, shown: bool = True
) -> Published:
    """As `whose`, with the secret of the channel, signed with the certificate of `signer`."""
    publisher = Publisher(CHANNEL, whose)
    deadline_ms = int((system_clock() + 30) * 1000)
    draft = publisher.draft(Class.REALTIME, Priority.NORMAL, deadline_ms, body, {})
    headed, content = publisher.head(EPOCH, draft), draft.content
    if signer is not None:
        (proof,) = sign_leaves([leaf_of(headed.header, content)], signer)
        content = with_content(proof, content, signer.der if shown else b"")
    return seal(headed, content)


def _arrived(sent: Published, whose: PartyId) -> str:
    """On what subject: that of its gateway, if it is of another domain."""
    return sent.subject if whose.domain == BOB.domain else sent.subject.rpartition(".")[0] + ".gw"


@pytest.mark.parametrize("whose", [ALICE.party, CAROL.party])
def test_a_member_that_controls_a_gateway_or_broker_forges_others_unless_the_channel_is_signed(
    whose: PartyId,
) -> None:  # GW-9
    opener = _opener()
    forged = _publish(whose, None, b"pay mallory")
    opened = opener.open(decode_envelope(forged.envelope), _arrived(forged, whose), EPOCH, OPEN)
    assert opened.sender == whose  # a shared secret says no more than that a member published
    for signer in (None, MALLORY):
        forged = _publish(whose, signer, b"pay mallory")
        with pytest.raises(BadSignature):
            opener.open(decode_envelope(forged.envelope), _arrived(forged, whose), EPOCH, SIGNED)
    real = _publish(whose, CAROL if whose == CAROL.party else ALICE)
    assert opener.open(decode_envelope(real.envelope), _arrived(real, whose), EPOCH, SIGNED).sender == whose


def test_what_was_signed_cannot_be_moved_to_another_header() -> None:  # GW-9
    publisher = Publisher(CHANNEL, ALICE.party)
    deadline_ms = int((system_clock() + 30) * 1000)
    draft = publisher.draft(Class.REALTIME, Priority.NORMAL, deadline_ms, b"yes", {})
    first, second = publisher.head(EPOCH, draft), publisher.head(EPOCH, draft)
    (proof,) = sign_leaves([leaf_of(first.header, draft.content)], ALICE)
    moved = seal(second, with_content(proof, draft.content, ALICE.der))
    opener = _opener()
    with pytest.raises(BadSignature):
        opener.open(decode_envelope(moved.envelope), moved.subject, EPOCH, SIGNED)
    kept = seal(first, with_content(proof, draft.content, ALICE.der))
    opener.open(decode_envelope(kept.envelope), kept.subject, EPOCH, SIGNED)
    with pytest.raises(Replayed):
        opener.open(decode_envelope(kept.envelope), kept.subject, EPOCH, SIGNED)


def test_a_revoked_publisher_is_not_read_at_once() -> None:  # CA-8
    trust = HERE.store()
    opener = Opener(CHANNEL, BOB, trust, system_clock, Settings())
    sent = _publish(ALICE.party, ALICE)
    opener.open(decode_envelope(sent.envelope), sent.subject, EPOCH, SIGNED)
    trust.deny("a.example", ALICE.identity.serial)
    again = _publish(ALICE.party, ALICE)
    with pytest.raises(BadCertificate, match="revoked"):
        opener.open(decode_envelope(again.envelope), again.subject, EPOCH, SIGNED)


def test_a_certificate_need_not_come_twice_and_is_asked_for_once() -> None:
    opener = _opener()
    for shown, expected in ((False, UnknownCertificate), (True, None), (False, None)):
        sent = _publish(ALICE.party, ALICE, shown=shown)
        if expected is not None:
            with pytest.raises(expected):
                opener.open(decode_envelope(sent.envelope), sent.subject, EPOCH, SIGNED)
        else:
            opener.open(decode_envelope(sent.envelope), sent.subject, EPOCH, SIGNED)
    assert opener.signatures.learned == 1


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 20), st.data())
def test_one_signature_is_for_each_of_many_and_for_nothing_else(count: int, data: st.DataObject) -> None:
    signatures = _opener().signatures
    contents = [bytes([number]) for number in range(count)]
    proofs = sign_leaves([leaf_of(b"header", content) for content in contents], ALICE)
    for content, proof in zip(contents, proofs, strict=True):
        sealed = with_content(proof, content, ALICE.der)
        assert signatures.open(ALICE.party, b"header", sealed) == content
    which, place = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, 9999))
    changed = bytearray(with_content(proofs[which], contents[which], ALICE.der))
    changed[place % len(changed)] ^= data.draw(st.integers(1, 255))
    try:
        found = signatures.open(ALICE.party, b"header", bytes(changed))
    except OverlayError:
        return
    assert found == contents[which]  # bytes that say nothing, such as how a length is written


async def test_what_is_published_side_by_side_shares_a_signature_and_one_brings_the_certificate() -> None:
    signing = Signing(lambda: ALICE, every_s=3600)

    async def sign(number: int, *, always: bool = False) -> Signed:
        sealed = await signing.sign(EPOCH.id, b"header", bytes([number]), always=always)
        return msgspec.msgpack.decode(sealed, type=Signed)

    together = await asyncio.gather(*(sign(number) for number in range(70)))
    assert len({one.signature for one in together}) == 2  # 64 and 6
    assert [number for number, one in enumerate(together) if one.certificate] == [0]
    assert not (await sign(1)).certificate
    assert (await sign(2, always=True)).certificate == ALICE.der
