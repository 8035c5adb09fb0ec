"""What a receiver of a measurement says of what came. Pure."""

from __future__ import annotations

import msgspec


class Reported(msgspec.Struct):
    """What a receiver saw."""

    received: int
    """Each once."""
    duplicates: int
    misordered: int
    latencies: list[float]
    """In seconds, in order: so many as show how they are spread."""
