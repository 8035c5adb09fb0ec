"""Sealed frames, what is in them, and those who tamper with them."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.frames.frame import (
    Ack,
    Bye,
    Failure,
    Heartbeat,
    Item,
    Message,
    Summary,
    SyncProgress,
    SyncRequest,
    decode_frame,
    encode_items,
    squeeze,
)
from bridges.links.link_session import Gap, LinkSession
from overlay.errors import BadEnvelope, BadSeal, Overloaded, Replayed, TooLarge
from overlay.naming.subjects import Class, Priority

LIMIT = 1 << 20


def sessions(limit: int = 100) -> tuple[LinkSession, LinkSession]:
    one, two = bytes(32), bytes([1]) * 32
    return LinkSession(b"12345678", one, two, limit), LinkSession(b"12345678", two, one, limit)


def test_every_changed_byte_of_a_frame_is_noticed_and_the_session_goes_on() -> None:
    one, two = sessions()
    sealed = one.seal(b"items")
    for place in range(len(sealed)):
        with pytest.raises((BadSeal, BadEnvelope)):
            two.open(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
    assert two.open(sealed) == b"items"


def test_a_frame_played_again_is_refused_and_the_session_goes_on() -> None:
    one, two = sessions()
    first = one.seal(b"1")
    two.open(first)
    with pytest.raises(Replayed):
        two.open(first)
    assert two.open(one.seal(b"2")) == b"2"


def test_a_lost_or_reordered_frame_is_a_gap() -> None:
    one, two = sessions()
    one.seal(b"lost")
    with pytest.raises(Gap):
        two.open(one.seal(b"next"))


def test_a_frame_reflected_to_its_sender_does_not_open() -> None:
    one, _ = sessions()
    with pytest.raises(BadSeal):
        one.open(one.seal(b"mine"))


def test_a_key_seals_no_more_frames_than_it_may_and_says_in_time_that_it_is_worn() -> None:
    one, _ = sessions(4)
    for _ in range(4):
        one.seal(b"")
    assert one.worn
    with pytest.raises(Overloaded):
        one.seal(b"")


texts, numbers = st.text(max_size=20), st.integers(0, 1 << 50)
items = st.one_of(
    st.builds(
        Message,
        numbers,
        st.sampled_from(Class),
        st.sampled_from(Priority),
        numbers,
        st.integers(0, 64),
        st.lists(texts, max_size=3).map(tuple),
        st.binary(max_size=100),
    ),
    st.builds(
        Ack,
        numbers,
        numbers,
        st.lists(st.builds(Failure, numbers, st.binary(max_size=16), texts, texts, texts), max_size=2).map(
            tuple
        ),
    ),
    st.builds(Heartbeat),
    st.builds(Summary, st.binary(max_size=100)),
    st.builds(SyncRequest, texts, numbers),
    st.builds(SyncProgress),
    st.builds(Bye, texts, st.booleans()),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(items, max_size=10))
def test_what_is_framed_is_what_comes_out(batch: list[Item]) -> None:
    frame = encode_items(batch)
    assert decode_frame(frame, LIMIT) == decode_frame(squeeze(frame), LIMIT) == tuple(batch)


def test_a_frame_that_shrinks_is_compressed_and_one_that_does_not_is_left() -> None:  # GW-14
    text = encode_items([Summary(b"the same again and again " * 1000)])
    assert len(squeeze(text)) < 1000 < len(text)
    noise = encode_items([Summary(random.Random(1).randbytes(20_000))])
    assert squeeze(noise) is noise


def test_a_small_frame_that_unpacks_to_a_huge_one_is_refused() -> None:
    bomb = b"\x01" + zlib.compress(bytes(50 * LIMIT))
    with pytest.raises(TooLarge):
        decode_frame(bomb, LIMIT)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60))
def test_rubbish_is_refused_as_a_bad_frame(data: bytes) -> None:
    with pytest.raises(BadEnvelope):
        decode_frame(b"\x02" + data, LIMIT)
    with pytest.raises(BadEnvelope):
        decode_frame(b"\x01" + data, LIMIT)
    with pytest.raises(BadEnvelope):
        decode_frame(b"\x00\xc1" + data, LIMIT)
