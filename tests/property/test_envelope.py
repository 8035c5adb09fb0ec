"""The envelope and its content: golden vectors, round trips, and bytes from anybody."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadEnvelope, BadInput, BadName, TooLarge
from overlay.naming.subjects import Class, Priority
from overlay.wire.content import Content, Kind, decode_content, encode_content
from overlay.wire.envelope import Header, associated_data, decode_envelope, encode_envelope, encode_header
from overlay.wire.request import decode_struct, encode_struct

ids = st.binary(min_size=16, max_size=16)
parties = st.sampled_from(["alice@a.example", "bob@b.example", "x_1@c"])
boxes = st.binary(min_size=1, max_size=300)
headers = st.builds(
    Header,
    id=ids,
    sender=parties,
    to=parties,
    cls=st.sampled_from(Class),
    priority=st.sampled_from(Priority),
    deadline_ms=st.integers(1, (1 << 53) - 1),
    key_id=ids,
    counter=st.integers(0, (1 << 64) - 1),
    slot=st.sampled_from(["", "s0"]),
    sender_slot=st.sampled_from(["", "s1"]),
) | st.builds(
    Header,
    id=ids,
    sender=parties,
    to=parties,
    cls=st.sampled_from(Class),
    priority=st.sampled_from(Priority),
    deadline_ms=st.just(1_800_000_000_000),
    key_id=ids,
    counter=st.just(0),
    wrap=boxes,
    card=boxes,
)
contents = st.builds(
    Content,
    kind=st.sampled_from(Kind),
    body=st.binary(max_size=200),
    about=st.lists(ids, max_size=4).map(tuple),
    topic=st.text(max_size=20),
    reason=st.text(max_size=20),
    sequence=st.integers(0, 1 << 40),
    attributes=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)

GOLDEN = Header(
    id=bytes(range(16)),
    sender="alice@a.example",
    to="bob@b.example",
    cls=Class.RELIABLE,
    priority=Priority.HIGH,
    deadline_ms=1_800_000_000_000,
    key_id=bytes(range(16, 32)),
    counter=7,
    slot="s1",
    sender_slot="s2",
)
GOLDEN_HEX = (
    "4f0100609cc410000102030405060708090a0b0c0d0e0faf616c69636540612e6578616d706c65ad626f6240622e6578616d"
    "706c65a372656ca468696768cf000001a3185c5000c410101112131415161718191a1b1c1d1e1f07a27331a27332c400c400"
    "7365616c6564"
)


def test_the_wire_format_is_the_one_that_was_agreed() -> None:
    data = encode_envelope(encode_header(GOLDEN), b"sealed")
    assert data.hex() == GOLDEN_HEX
    envelope = decode_envelope(bytes.fromhex(GOLDEN_HEX))
    assert envelope.header == GOLDEN
    assert envelope.sealed == b"sealed"


def test_the_content_format_is_the_one_that_was_agreed() -> None:
    content = Content(Kind.REPLY, b"body", (bytes(16),), "topic", "", 3, {"type": "text"})
    data = encode_content(content)
    assert (
        data.hex()
        == "9fa172c404626f647991c41000000000000000000000000000000000a5746f706963a00381a474797065a474657874"
        "909000000000c090"
    )
    assert decode_content(data) == content


@given(headers, st.binary(max_size=100))
def test_an_envelope_reads_back_as_it_was_written(header: Header, sealed: bytes) -> None:
    header_bytes = encode_header(header)
    envelope = decode_envelope(encode_envelope(header_bytes, sealed))
    assert envelope.header == header
    assert (envelope.header_bytes, envelope.sealed) == (header_bytes, sealed)


@given(contents)
def test_content_reads_back_as_it_was_written(content: Content) -> None:
    assert decode_content(encode_content(content)) == content


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"O\x01\x00\x40" + tail))
def test_bytes_from_anybody_are_an_envelope_or_a_clear_error(data: bytes) -> None:
    try:
        envelope = decode_envelope(data)
    except (BadEnvelope, BadName):
        return
    assert data.endswith(envelope.header_bytes + envelope.sealed)


@given(headers, st.integers(0, 10_000))
def test_an_envelope_cut_short_is_refused_or_has_its_whole_header(header: Header, cut: int) -> None:
    data = encode_envelope(encode_header(header), b"")
    with pytest.raises(BadEnvelope):
        decode_envelope(data[: cut % len(data)])


def test_another_version_is_refused_with_advice() -> None:
    data = bytearray(encode_envelope(encode_header(GOLDEN), b""))
    data[1] = 2
    with pytest.raises(BadEnvelope, match="upgrade"):
        decode_envelope(bytes(data))


def test_fields_of_a_later_version_are_passed_over() -> None:
    longer = msgspec.msgpack.encode([*msgspec.to_builtins(GOLDEN, builtin_types=(bytes,)), "later"])
    assert decode_envelope(encode_envelope(longer, b"")).header == GOLDEN


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", b"short"),
        ("key_id", b""),
        ("sender", "alice"),
        ("to", "bob@B"),
        ("deadline_ms", 0),
        ("deadline_ms", -5),
        ("counter", -1),
        ("wrap", b"without card"),
        ("card", b"without wrap"),
    ],
)
def test_headers_that_types_allow_but_sense_does_not_are_refused(field: str, value: object) -> None:
    values = {name: getattr(GOLDEN, name) for name in Header.__struct_fields__} | {field: value}
    data = encode_envelope(encode_header(Header(**values)), b"")
    with pytest.raises((BadEnvelope, BadName)):
        decode_envelope(data)


def test_a_header_over_its_limit_is_not_made() -> None:
    values = {name: getattr(GOLDEN, name) for name in Header.__struct_fields__}
    with pytest.raises(TooLarge):
        encode_header(Header(**(values | {"wrap": b"x", "card": bytes(9000)})))


def test_content_that_refers_to_too_much_is_refused() -> None:
    with pytest.raises(BadEnvelope):
        decode_content(encode_content(Content(Kind.RECEIPT, about=(bytes(16),) * 513)))
    with pytest.raises(BadEnvelope):
        decode_content(encode_content(Content(Kind.RECEIPT, about=(b"short",))))
    with pytest.raises(BadEnvelope):
        decode_content(b"\xc1")


def test_associated_data_tells_subject_and_header_apart() -> None:
    assert associated_data("ov.a", b"b") != associated_data("ov.ab", b"")


class Question(msgspec.Struct):
    number: int


def test_a_malformed_request_names_the_wrong_field() -> None:
    assert decode_struct(encode_struct(Question(3)), Question) == Question(3)
    with pytest.raises(BadInput, match="number"):
        decode_struct(msgspec.msgpack.encode({"number": "three"}), Question)
    for wrong in ({"sendings": 2**63}, {"stream": 2**64 - 1}, {"sequence": -1}, {"gone": (1, 2**63)}):
        with pytest.raises(BadEnvelope, match="numbers"):
            decode_content(encode_content(Content(Kind.MESSAGE, **wrong)))  # no disk could keep them
