"""Each agent gets what it needs, and never more than was granted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.context.carrying import pack, unpack
from overlay.context.context import Context
from overlay.context.part import Part
from overlay.context.sensitive import WITHHELD, mask
from overlay.errors import BadInput
from overlay.settings import Settings

SETTINGS = Settings()
SECRET = "secret-{}-0123456789"
WORDS = ("a", "b", "c")
Path = tuple[str, ...]
trees = st.recursive(
    st.just("leaf"), lambda inner: st.dictionaries(st.sampled_from(WORDS), inner, min_size=1), max_leaves=6
)


def numbered(tree: object, numbers: Iterator[int]) -> object:
    """Each leaf is another secret."""
    if isinstance(tree, dict):
        return {key: numbered(item, numbers) for key, item in tree.items()}
    return SECRET.format(next(numbers))


def leaves(tree: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, str(tree)


def pointer(path: Path) -> str:
    return "".join(f"/{step}" for step in path)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Part], list[str], list[str], set[str]]:
    """Parts, scopes, grants; and what of it may be seen, told in another way than the product does."""
    numbers = iter(range(1000))
    paths = st.lists(st.sampled_from(WORDS), max_size=3).map(tuple)
    parts, grants, seen = [], [], set()
    scopes = draw(st.lists(st.sampled_from(("one", "two")), unique=True))
    for index in range(draw(st.integers(1, 3))):
        name, scope = f"part{index}", draw(st.sampled_from(("one", "two")))
        data = {"a": numbered(draw(trees), numbers)}
        marked = draw(st.lists(paths, max_size=3))
        granted = draw(st.lists(paths, max_size=2))
        half = draw(st.integers(0, len(marked)))
        hidden, masks = map(pointer, marked[:half]), map(pointer, marked[half:])
        parts.append(Part(name, "data", data, scopes=(scope,), sensitive=tuple(hidden), masked=tuple(masks)))
        grants += [name + pointer(path) for path in granted]
        for path, secret in leaves(data):
            over = [mark for mark in marked if path[: len(mark)] == mark]
            free = all(any(mark[: len(one)] == one for one in granted) for mark in over)
            if free and scope in scopes:
                seen.add(secret)
    return parts, scopes, grants, seen


@settings(deadline=None, max_examples=100)
@given(cases())
def test_nobody_sees_more_than_its_scopes_and_grants_say(
    case: tuple[list[Part], list[str], list[str], set[str]],
) -> None:  # AG-6
    parts, scopes, grants, seen = case
    sent = Context(tuple(parts)).for_scopes(scopes, grants)
    arrived = unpack(pack(sent, SETTINGS), "us@a.example", SETTINGS)
    text = arrived.encode().decode()
    every = {secret for part in parts for _, secret in leaves(part.data)}
    assert {secret for secret in every if secret in text} == seen
    named = {part.name for part in arrived.parts} | {note.part for note in arrived.withheld}
    assert named == {part.name for part in parts if not set(part.scopes).isdisjoint(scopes)}


def test_what_is_withheld_is_named_and_what_is_masked_shows_its_ends() -> None:  # AG-6
    caller = Part(
        "caller",
        "contact",
        {"name": "Ana", "phone": "+491701234512", "calls": [{"from": "+49301234567"}]},
        sensitive=("/name",),
        masked=("/phone", "/calls/*/from"),
    )
    context = Context((caller, Part("note", "task", "all of it", sensitive=("",))))
    seen = context.for_scopes(("contact", "task"))
    assert seen["caller"].data == {
        "name": WITHHELD,
        "phone": "+49•••••12",
        "calls": [{"from": "+49•••••67"}],
    }
    assert [(note.part, note.path, note.masked) for note in seen.withheld] == [
        ("caller", "/name", False),
        ("caller", "/phone", True),
        ("caller", "/calls/*/from", True),
        ("note", "", False),
    ]


def test_what_is_sent_without_a_word_withholds_what_is_sensitive() -> None:  # AG-6
    context = Context((Part("caller", "contact", {"pin": "1234567890"}, sensitive=("/pin",)),))
    assert unpack(pack(context, SETTINGS), "us@a.example", SETTINGS)["caller"].data == {"pin": WITHHELD}
    granted = context.for_scopes(("contact",), ("caller/pin",))
    received = unpack(pack(granted, SETTINGS), "us@a.example", SETTINGS)
    assert received["caller"].data == {"pin": "1234567890"}
    assert unpack(pack(received, SETTINGS), "b@b.example", SETTINGS)["caller"].data == {"pin": WITHHELD}


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_a_mask_shows_at_most_half_and_no_length(text: str) -> None:  # AG-6
    masked = mask(text)
    assert masked == "•••••" if len(text) < 8 else len(masked) <= 10
    assert mask(masked) == masked


def test_what_comes_back_adds_parts_and_changes_what_it_may() -> None:  # AG-6
    ours = Context((Part("case", "data", {"line": 7}, sensitive=("/line",)), Part("order", "task", "fibre")))
    given = ours.for_scopes(("data", "task"), granted=("case",))
    answer = given.put(
        Part("case", "data", {"line": 8}), Part("order", "task", "copper"), Part("found", "data", 1)
    )
    merged = ours.merged(answer, "lab@b.example", given=given, replace=("case",))
    assert merged["case"].data == {"line": 8}
    assert merged["case"].sensitive == ("/line",)
    assert merged["order"].data == "fibre"
    assert merged["found"].by == "lab@b.example"


def test_what_was_given_in_part_is_not_taken_back_and_no_other_part_is_touched() -> None:  # AG-6
    ours = Context((Part("case", "data", {"line": 7}, sensitive=("/line",)), Part("order", "task", "fibre")))
    given = ours.for_scopes(("data",))
    assert ours.merged(given, "lab@b.example", given=given, replace=("case",)) == ours
    with pytest.raises(BadInput, match="names a part 'order'"):
        ours.merged(Context((Part("order", "task", "copper"),)), "lab@b.example", given=given)
