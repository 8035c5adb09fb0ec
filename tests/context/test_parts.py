"""What a context may hold, how large it may be, and how it is written."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.content.file_ref import FileRef
from overlay.context.carrying import pack, unpack
from overlay.context.context import Context
from overlay.context.part import Part
from overlay.errors import BadInput, OverlayError, TooLarge
from overlay.settings import Settings

SETTINGS = Settings()
REF = FileRef("0" * 32, "1" * 32, "alice@a.example", "trace.pcap", 10, "2" * 64, 1024, "3" * 64)
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
values = json | st.text(max_size=30) | st.binary(max_size=30) | st.just(REF)


@settings(deadline=None, max_examples=100)
@given(st.lists(values, max_size=4))
def test_a_context_is_the_same_after_it_was_written(data: list[object]) -> None:  # AG-6
    context = Context(tuple(Part(f"part{at}", "data", one, by="a@a.example") for at, one in enumerate(data)))
    assert Context.decode(context.encode()) == context
    assert unpack(pack(context, SETTINGS), "b@b.example", SETTINGS).parts == context.parts


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60) | json.map(msgspec.msgpack.encode))
def test_bytes_from_anybody_are_a_context_or_a_clear_error(data: bytes) -> None:  # AG-6
    for read in (Context.decode, Context.unpack):
        try:
            read(data)
        except BadInput:
            continue


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "../../etc"}, "cannot name a part"),
        ({"kind": "Free Kind"}, "not a skill"),
        ({"media_type": "text"}, "media type"),
        ({"by": "the boss"}, "not an agent ID"),
        ({"sensitive": ("phone",)}, "not a path in a part"),
        ({"encoding": "text"}, "is said to be text"),
        ({"encoding": "file"}, "file reference"),
        ({"encoding": "bytes", "data": 5}, "base64"),
        ({"data": 2**70}, "none of these"),
        ({"scopes": ["x"] * 40}, "more than"),
    ],
)
def test_a_hostile_part_is_refused_and_named(change: dict[str, object], says: str) -> None:  # AG-6
    part = {"name": "caller", "kind": "contact", "encoding": "json", "data": {}} | change
    with pytest.raises(OverlayError, match=says):
        Context.decode(msgspec.json.encode({"parts": [part]}))


def test_nesting_without_end_two_of_one_name_and_far_too_many_are_refused() -> None:  # AG-6
    deep = (
        b'{"parts":[{"name":"a","kind":"data","encoding":"json","data":' + b"[" * 5000 + b"]" * 5000 + b"}]}"
    )
    part = {"name": "a", "kind": "data", "encoding": "json", "data": 1}
    for data in (
        deep,
        msgspec.json.encode({"parts": [part] * 2}),
        msgspec.json.encode({"parts": [part] * 1001}),
    ):
        with pytest.raises(BadInput):
            Context.decode(data)


def test_a_part_that_is_too_large_is_named_with_its_size_the_limit_and_what_to_do() -> None:  # AG-6
    context = Context((Part("log", "data", "x" * 200_000),))
    with pytest.raises(
        TooLarge, match=r"'log' \(data\) has 200000 bytes, and the limit is 131072.*offer_file"
    ):
        pack(context, SETTINGS)
    with pytest.raises(TooLarge, match=r"'caller' \(contact\) has 9002 bytes, and the limit is 8192"):
        pack(Context((Part("caller", "contact", ["x" * 8998]),)), SETTINGS)


def test_a_whole_that_is_too_large_names_its_largest_part() -> None:  # AG-6
    parts = tuple(Part(f"log{at}", "data", "x" * (90_000 + at)) for at in range(3))
    with pytest.raises(TooLarge, match="270003 bytes, and the limit is 262144; the largest part is 'log2'"):
        pack(Context(parts), SETTINGS)


def test_nobody_changes_a_part_by_what_it_was_made_of() -> None:  # AG-6
    data = {"phone": "1"}
    part = Part("caller", "contact", data)
    data["phone"] = "2"
    assert part.data == {"phone": "1"}
