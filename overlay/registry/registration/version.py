"""Versions of agents, and which steps between them announce that something breaks. Pure."""

from __future__ import annotations

import re

from overlay.errors import BadInput

_VERSION = re.compile(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\Z")

Version = tuple[int, int, int, bool]
"""Three numbers, and whether it is released: `1.2-rc1` is before `1.2`."""


def parse_version(text: str) -> Version:
    """`1`, `1.2` or `1.2.3-rc1`; what is not said is 0. Raises BadInput."""
    found = _VERSION.match(text)
    if found is None:
        raise BadInput(f"{text!r} is not a version: write up to three numbers, such as '1.2'")
    return int(found[1]), int(found[2] or 0), int(found[3] or 0), found[4] is None


def is_version(text: str) -> bool:
    """Whether it is written as versions are."""
    return _VERSION.match(text) is not None


def breaks(old: str, new: str) -> bool:
    """Whether the step from `old` to `new` announces an incompatible change, as semantic versioning has it:
    the first number rose; of 0.x, the second.
    """
    before, after = parse_version(old), parse_version(new)
    return after[0] > before[0] or (after[0] == before[0] == 0 and after[1] > before[1])


def next_break(old: str) -> str:
    """The lowest version that does."""
    major, minor, *_ = parse_version(old)
    return f"0.{minor + 1}" if major == 0 else f"{major + 1}"
