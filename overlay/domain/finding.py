"""One thing that `overlay doctor` looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do when it is not well."""

    what: str
    well: bool
    said: str
    advice: str = ""
