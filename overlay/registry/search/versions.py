"""Versions of agents as numbers in order, and what is asked of them: `>=1.2,<2`. Pure.

What is before a release (`2-rc1`) is found only where one is asked for: by `2-rc1` itself, or `>=2-rc1`.
"""

from __future__ import annotations

import re

from overlay.errors import BadInput

_PART = 1 << 20
RELEASE = 1
"""The last bit of the number of a release."""
_VERSION = re.compile(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\Z")
_CONSTRAINT = re.compile(r"(>=|<=|==|!=|>|<|)\s*(\S+)\Z")
NO_VERSION = -1
"""Of a version that is no number: it fits no constraint."""
_LOWEST, _HIGHEST = 0, 1 << 62


def version_number(text: str) -> int:
    """Rises with the version; `1.2` is `1.2.0`, and what is before a release (`1.2-rc1`) is below it."""
    found = _VERSION.match(text)
    return NO_VERSION if found is None else _number(found) + (0 if found[4] else RELEASE)


class Versions:
    """Which version numbers fit: from `low` to below `high`, without `never`; `before`: also what is before
    a release.
    """

    __slots__ = ("before", "high", "low", "never")

    def __init__(self, text: str) -> None:
        """Raises BadInput: it is no constraint, or nothing can fit it."""
        self.low, self.high = _LOWEST, _HIGHEST
        self.never: set[int] = set()
        self.before = False
        for part in text.split(","):
            self._add(part.strip())
        alone = self.high - self.low == 1 and self.low in self.never
        if self.low >= self.high or alone:
            raise BadInput(f"version {text!r}: no version fits all of it")

    def fit(self, number: int) -> bool:
        """Whether this version does."""
        known = self.low <= number < self.high and number not in self.never
        return known and (self.before or number % 2 == RELEASE)

    def _add(self, part: str) -> None:
        found = _CONSTRAINT.match(part)
        version = _VERSION.match(found[2]) if found else None
        if found is None or version is None:
            raise BadInput(
                f"version {part!r}: write a version such as 1.2, or constraints joined by commas, such as "
                "'>=1.2,<2' (known: >=, >, <=, <, ==, !=)"
            )
        begin, exact = _number(version), version_number(found[2])
        self.before |= bool(version[4]) and found[1] != "!="
        match found[1]:
            case ">=":
                self.low = max(self.low, exact)
            case ">":
                self.low = max(self.low, exact + 1)
            case "<":  # 2-rc1 is on its way to 2, and not asked for by <2 even where some are
                self.high = min(self.high, begin)
            case "<=":
                self.high = min(self.high, exact + 1)
            case "==":
                self.low, self.high = max(self.low, exact), min(self.high, exact + 1)
            case "!=":
                self.never.add(exact)
            case _:
                self.low = max(self.low, begin)
                self.high = min(self.high, begin + _step(version))


def _number(found: re.Match[str]) -> int:
    major, minor, patch = (int(found[at] or 0) for at in (1, 2, 3))
    return ((major * _PART + minor) * _PART + patch) * 2


def _step(found: re.Match[str]) -> int:
    """How far it is to the next that is written like it: `1.2` means all from 1.2.0 to below 1.3."""
    if found[4]:
        return 1
    given = sum(found[at] is not None for at in (1, 2, 3))
    return int(2 * _PART ** (3 - given))
