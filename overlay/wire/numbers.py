"""Which numbers of others can be counted with, written down, and waited for. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput

MOST = 2**53
"""Up to here every whole number is one that JSON, SQLite and a float can hold."""


def check_numbers(said: msgspec.Struct, about: str) -> None:
    """Raises BadInput for a field that is a number below 0, above `MOST`, or not a number (NaN)."""
    numbers = (getattr(said, name) for name in said.__struct_fields__)
    if any(isinstance(one, int | float) and not 0 <= one <= MOST for one in numbers):
        raise BadInput(f"numbers about {about} are from 0 to {MOST}")
