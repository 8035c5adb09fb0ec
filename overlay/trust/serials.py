"""Serial numbers of certificates as text: as statements, databases and people write them. Pure."""

from __future__ import annotations

from overlay.errors import BadInput

_MAX_DIGITS = 40


def serial_text(serial: int) -> str:
    """Hexadecimal, without leading zeros."""
    return format(serial, "x")


def parse_serial(text: str) -> int:
    """The inverse. Raises BadInput."""
    if len(text) > _MAX_DIGITS:
        raise BadInput(f"a serial number has up to {_MAX_DIGITS} hexadecimal digits, not {len(text)}")
    try:
        return int(text, 16)
    except ValueError as error:
        raise BadInput(f"{text!r} is no serial number: {error}") from error
