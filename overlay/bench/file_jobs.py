"""What each process of a measurement of files is told to do. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.bench.relay_jobs import Place


class FileRole(StrEnum):
    """What a process is."""

    HOLD = "hold"
    FETCH = "fetch"
    BARE_HOLD = "bare-hold"
    BARE_FETCH = "bare-fetch"


class FileJob(msgspec.Struct, frozen=True):
    """Of one process."""

    role: FileRole
    chunk_bytes: int
    at_once: int
    """Of the bare side: chunks that are asked for at a time."""
    home: str = ""
    """Of the agent, of the overlay's side."""
    place: Place | None = None
    """Of the bare side."""


class Fetched(msgspec.Struct, frozen=True):
    """What a receiver says of one transfer."""

    seconds: float
    size: int
    again: int = 0
    """Chunks that had to be asked for again."""
