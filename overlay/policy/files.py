"""Policies read: TOML of people, JSON of the registry; strict, and clear about what is wrong. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from overlay.errors import BadInput, BadSettings
from overlay.policy.access import AccessPolicy, check_policy
from overlay.wire.malformed import MALFORMED

T = TypeVar("T", bound=msgspec.Struct)
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_NO_CHOICE = re.compile(r"Invalid enum value .* at `[^`]*?(\w+)(?:\[\.\.\.\])*`\Z")
ACCESS_FILE = "access.toml"
"""In an agent's folder."""


def parse_access(text: str, where: str) -> AccessPolicy:
    """The access policy that a file says; `where` names it in errors. Raises BadSettings."""
    return parse_policy(text, AccessPolicy, where, check_policy)


def parse_policy(text: str, kind: type[T], where: str, check: Callable[[T], T]) -> T:
    """The policy of this kind that a file (`where`) says, checked. Raises BadSettings."""
    policy = parse_toml(text, kind, where)
    try:
        return check(policy)
    except BadSettings as error:
        raise BadSettings(f"{where}: {error}") from error


def decode_policy(data: bytes, kind: type[T], what: str, check: Callable[[T], T]) -> T:
    """The policy that the registry keeps, checked; `what` it is, such as `border policy`. Raises BadInput."""
    try:
        return check(msgspec.json.decode(data, type=kind))
    except (*MALFORMED, BadSettings) as error:
        raise BadInput(f"this is no {what}: {error}") from error


def parse_toml(text: str, kind: type[T], where: str) -> T:
    """Raises BadSettings, with the words that are known where one is not."""
    try:
        content = tomllib.loads(text)
        _check_rules(content, where)
        return msgspec.convert(content, kind)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSettings(f"{where} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise BadSettings(f"{where}: {error} ({_hint(str(error), kind)})") from error


def _hint(error: str, kind: type[msgspec.Struct]) -> str:
    """What was meant by a word that is not known, in the file or in a rule of it."""
    choice = _NO_CHOICE.search(error)
    allowed = _allowed(kind, choice[1]) if choice else []
    if allowed:
        return f"it may be {', '.join(allowed)}"
    known = kind.__struct_encode_fields__
    unknown = _UNKNOWN.search(error)
    words = [*known, *(word for rule in _rules(kind) for word in rule.__struct_encode_fields__)]
    near = get_close_matches(unknown[1], words, n=1) if unknown else []
    return f"did you mean {near[0]}?" if near else f"`$` is the file; it may hold {', '.join(known)}"


def _allowed(kind: type[msgspec.Struct], field: str) -> list[str]:
    """What may be chosen for this field of the file or of a rule of it."""
    hints = [get_type_hints(one).get(field) for one in (kind, *_rules(kind))]
    words = [
        word
        for hint in hints
        for one in (hint, *get_args(hint))
        if get_origin(one) is Literal
        for word in get_args(one)
    ]
    return list(dict.fromkeys(map(str, words)))


def _rules(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    types = [one for hint in get_type_hints(kind).values() for one in get_args(hint)]
    return {one for one in types if isinstance(one, type) and issubclass(one, msgspec.Struct)}


def _check_rules(content: Mapping[str, object], where: str) -> None:
    """What is written and empty is a slip: it would mean what is left out, which is everything."""
    for rules in content.values():
        for rule in rules if isinstance(rules, list) else ():
            for word, value in rule.items() if isinstance(rule, dict) else ():
                if value in ("", [], {}):
                    raise BadSettings(f"{where}: `{word}` of a rule is empty: say something, or leave it out")
