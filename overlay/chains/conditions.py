"""Whether a condition holds: a small language without code, of bounded cost (AG-4). Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

from overlay.chains.chain import Condition
from overlay.chains.values import MISSING, look
from overlay.settings import Settings

_ORDERS: dict[str, Callable[..., bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, given: Callable[[str], object], state: Callable[[str], str | None]) -> bool:
    """`given`: what a step gave, or MISSING; `state`: how it ended."""
    if condition.every:
        return all(holds(one, given, state) for one in condition.every)
    if condition.some:
        return any(holds(one, given, state) for one in condition.some)
    if condition.unless is not None:
        return not holds(condition.unless, given, state)
    if condition.state is not None:
        return state(condition.step) == condition.state
    value = given(condition.step)
    return _compare(MISSING if value is MISSING else look(value, condition.path), condition)


def terms(condition: Condition) -> Iterator[Condition]:
    """The comparisons in it."""
    if condition.every or condition.some or condition.unless is not None:
        for one in _parts(condition):
            yield from terms(one)
    else:
        yield condition


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Those that must all hold."""
    if condition.every:
        for one in condition.every:
            yield from conjuncts(one)
    elif not condition.some and condition.unless is None:
        yield condition


def check_condition(condition: Condition, settings: Settings) -> Iterator[str]:
    """What is wrong with its form."""
    deepest = _depth(condition)
    if deepest > settings.chain_depth:
        yield f"conditions in conditions {deepest} deep, more than {settings.chain_depth} (chain_depth)"
        return
    found = list(terms(condition))
    if len(found) > settings.chain_terms:
        yield f"{len(found)} comparisons, more than {settings.chain_terms} (chain_terms)"
    yield from _form(condition)


def _form(condition: Condition) -> Iterator[str]:
    said = [bool(condition.every), bool(condition.some), condition.unless is not None]
    said += [condition.state is not None, bool(condition.op)]
    if sum(said) != 1:
        yield "each condition is exactly one of: step and op, step and is, all, any, not (not empty)"
        return
    if any(said[:3]):
        if condition.step or condition.path:
            yield "all, any and not stand alone, without a step"
    elif not condition.step:
        yield "a comparison names its step"
    elif condition.op == "in" and not isinstance(condition.value, tuple | str):
        yield "'in' compares with a list or a text"
    elif condition.op != "in" and isinstance(condition.value, tuple):
        yield f"'{condition.op}' compares with a single value"
    for one in _parts(condition):
        yield from _form(one)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    alone = (condition.unless,) if condition.unless is not None else ()
    return (*condition.every, *condition.some, *alone)


def _depth(condition: Condition) -> int:
    level, deepest = _parts(condition), 1
    while level:
        deepest += 1
        level = tuple(part for one in level for part in _parts(one))
    return deepest


def _compare(value: object, condition: Condition) -> bool:
    wanted = condition.value
    match condition.op:
        case "exists":
            return value is not MISSING
        case "==" | "!=":
            return _same(value, wanted) == (condition.op == "==")
        case "in":
            return _contains(wanted, value)
        case "contains":
            return _contains(value, wanted)
        case _:
            return _ordered(value, wanted, condition.op)


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list | tuple) and any(_same(one, part) for one in whole)


def _same(value: object, wanted: object) -> bool:
    """Of single values: true is not 1, and 1 is 1.0."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if value is None or wanted is None:
        return value is wanted
    return isinstance(value, str | int | float) and bool(value == wanted)


def _ordered(value: object, wanted: object, op: str) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return False
    numbers = isinstance(value, int | float) and isinstance(wanted, int | float)
    if not numbers and not (isinstance(value, str) and isinstance(wanted, str)):
        return False
    return _ORDERS[op](value, wanted)
