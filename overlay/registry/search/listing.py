"""Whoever hears of records in order to let them be found. Pure."""

from __future__ import annotations

from typing import Protocol

from overlay.registry.record import Record


class Listing(Protocol):
    """Both are quick, and do not raise."""

    def put(self, record: Record) -> None:
        """It is so now."""
        ...

    def drop(self, party: str) -> None:
        """It is gone; one that was not there is no error."""
        ...
