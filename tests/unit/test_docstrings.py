"""What a program may call says how: each public method of what `overlay` exports or hands out, by example."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

import pytest

import overlay
from overlay.agent.qualified import Qualified
from overlay.carriers.methods import Methods
from overlay.endpoint.message import Sent
from overlay.streams.stream import Stream

HANDED_OUT = (Qualified, Sent, Stream, Methods)
"""Classes that `overlay` does not export, and whose objects a program gets from an agent."""


def public_classes() -> list[type]:
    exported = (getattr(overlay, name) for name in overlay.__all__)
    return [one for one in exported if isinstance(one, type)] + list(HANDED_OUT)


def methods(owner: type) -> Iterator[tuple[str, str]]:
    """Name and docstring of each method that our code defines."""
    for name, value in inspect.getmembers(owner, inspect.isroutine):
        own = getattr(value, "__module__", "") or ""
        if not name.startswith("_") and own.startswith("overlay.") and not issubclass(owner, Exception):
            yield f"{owner.__name__}.{name}", inspect.getdoc(value) or ""


def called_in(paragraph: str) -> set[str]:
    """What a paragraph of code names; nothing if it is a paragraph of words."""
    try:
        tree = compile(
            textwrap.dedent(paragraph), "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
        )
    except SyntaxError:
        return set()
    nodes = [*ast.walk(tree)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {
        node.id for node in nodes if isinstance(node, ast.Name)
    }


CALLED = [found for one in public_classes() for found in methods(one)]


@pytest.mark.parametrize(("name", "text"), CALLED, ids=[name for name, _ in CALLED])
def test_a_public_method_says_by_an_example_how_it_is_called(name: str, text: str) -> None:
    method = name.partition(".")[2]
    quoted = [" ".join(one.split()) for one in text.split("`")[1::2]]
    shown = [*text.split("\n\n"), *quoted, *(f"{one}: pass" for one in quoted)]
    assert any(method in called_in(one) for one in shown), f"{name} has no example in its docstring"
