"""A store's content at one moment, the same from every kind of store."""

from __future__ import annotations

from dataclasses import dataclass, field

from overlay.audit import Row
from overlay.registry.storage.contract import Entry

AHEAD = 1 << 32
"""How far above the revisions of a backup those of the restored store begin: what was written after the
backup, and is lost, had revisions too, which somebody may remember.
"""


@dataclass(slots=True)
class Snapshot:
    """All keys with their newest entries, and every audit log."""

    log: str
    revision: int = 0
    entries: list[Entry] = field(default_factory=list)
    """In the order of their revisions, deletions among them."""
    audits: dict[str, list[Row]] = field(default_factory=dict)
    """Of each replica that ever wrote, oldest entries first."""
