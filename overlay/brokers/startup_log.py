"""Why a server did not start, out of what it wrote. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_LINES = 4
_LAST_LINES = 3


def reason_in(text: str, markers: Sequence[str]) -> str:
    """The lines that carry the first of `markers` (the gravest first) that occurs, else the last lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for marker in markers:
        found = [line for line in lines if marker in line]
        if found:
            return "; ".join(found[:_LINES])
    return "; ".join(lines[-_LAST_LINES:]) or "it wrote nothing"
