"""Which mailboxes cover a subject: a tree of their patterns, so that not all are looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    """What begins with the same tokens."""

    __slots__ = ("below", "ends", "rest")

    def __init__(self) -> None:
        self.below: dict[str, _Node[T]] = {}
        self.ends: list[T] = []
        """What is covered by exactly these tokens."""
        self.rest: list[T] = []
        """What is covered by these and one or more."""


class PatternIndex(Generic[T]):
    """Of things with patterns; finds each in the order in which it was given, and once."""

    def __init__(self, things: Iterable[tuple[T, Iterable[str]]]) -> None:
        self._things: list[T] = []
        self._root: _Node[int] = _Node()
        for number, (thing, patterns) in enumerate(things):
            self._things.append(thing)
            for pattern in patterns:
                self._add(number, pattern.split("."))

    def covering(self, subject: str) -> list[T]:
        """All with a pattern that covers it, as `overlay.naming.patterns.covers` says."""
        return [self._things[number] for number in sorted(set(_found(self._root, subject.split("."), 0)))]

    def _add(self, number: int, tokens: list[str]) -> None:
        node = self._root
        for token in tokens[:-1] if tokens[-1] == ">" else tokens:
            node = node.below.setdefault(token, _Node())
        (node.rest if tokens[-1] == ">" else node.ends).append(number)


def _found(node: _Node[int], tokens: list[str], at: int) -> Iterator[int]:
    if at == len(tokens):
        yield from node.ends
        return
    yield from node.rest
    for token in {tokens[at], "*"}:
        if token in node.below:
            yield from _found(node.below[token], tokens, at + 1)
