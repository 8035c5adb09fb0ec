"""Policies as TOML: strict, and clear about what is wrong. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from overlay.errors import BadSettings
from overlay.policy.access import AccessPolicy, check_policy

T = TypeVar("T", bound=msgspec.Struct)
ACCESS_FILE = "access.toml"
"""In an agent's folder."""


def parse_access(text: str, where: str) -> AccessPolicy:
    """The access policy that a file says; `where` names it in errors. Raises BadSettings."""
    policy = parse_toml(text, AccessPolicy, where)
    try:
        return check_policy(policy)
    except BadSettings as error:
        raise BadSettings(f"{where}: {error}") from error


def parse_toml(text: str, kind: type[T], where: str) -> T:
    """Raises BadSettings, with the words that are known where one is not."""
    try:
        content = tomllib.loads(text)
        _check_rules(content, where)
        return msgspec.convert(content, kind)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSettings(f"{where} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        known = ", ".join(kind.__struct_encode_fields__)
        raise BadSettings(f"{where}: {error} (`$` is the file; it may hold {known})") from error


def _check_rules(content: Mapping[str, object], where: str) -> None:
    """What is written and empty is a slip: it would mean what is left out, which is everything."""
    for rules in content.values():
        for rule in rules if isinstance(rules, list) else ():
            for word, value in rule.items() if isinstance(rule, dict) else ():
                if value in ("", [], {}):
                    raise BadSettings(f"{where}: `{word}` of a rule is empty: say something, or leave it out")
