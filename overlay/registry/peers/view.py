"""What one peer is told of the log of changes, and nothing of what is hidden from it (REG-8, REG-12). Pure.

A peer that may have been shown an agent has to hear when it is gone or hidden; one that never was must not
hear its name. Nobody writes down who was told what. Instead each log that a peer follows has a base, our
revision when it was begun: what was hidden then, it was never told in this log. What happened since this
process looks on, it knows exactly; where it cannot know, the peer begins a new log, in full.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from overlay.policy.export import ExportPolicy, encode_export
from overlay.registry.peers.changelog import Told, Verdict
from overlay.registry.peers.showing import shown_to
from overlay.registry.record import Record


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a peer's place in our log is written: `<our log>~<base>~<which policy it was begun under>`."""

    log: str
    base: int
    mark: str

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """None: it is none of ours."""
        log, _, rest = text.rpartition("~")[0].rpartition("~")
        mark = text.rpartition("~")[2]
        return cls(log, int(rest), mark) if log and rest.isdecimal() and len(rest) < 20 else None

    def __str__(self) -> str:
        return f"{self.log}~{self.base}~{self.mark}"


class View:
    """Of one peer, in one process, which looks on since revision `start`."""

    def __init__(self, domain: str, start: int) -> None:
        self.domain = domain
        self._start = start
        self._policy = ExportPolicy()
        self._since = 0
        self._mark = ""
        self._lost: dict[str, int] = {}
        self._doubt = 0

    def use(self, policy: ExportPolicy, since: int) -> None:
        """The policy, which was set at that revision. All that was told under another counts no more."""
        self._policy, self._since = policy, since
        self._mark = hashlib.sha256(encode_export(policy)).hexdigest()[:16]
        self._lost.clear()
        self._doubt = 0

    def show(self, record: Record) -> Record | None:
        """As the peer may see it."""
        return shown_to(record, self.domain, self._policy)

    def changed(self, party: str, old: Record | None, new: Record | None, before: int, revision: int) -> None:
        """An agent of ours; `before`: the revision of its change before this one, 0 if there was none."""
        if new is not None and self.show(new) is not None:
            self._lost.pop(party, None)
        elif old is not None and self.show(old) is not None:
            self._lost[party] = revision
        elif party not in self._lost and before <= self._start:
            self._doubt = max(self._doubt, before)

    def place(self, log: str, asked_log: str, since: int) -> Cursor | None:
        """Where the peer continues; None: it has to begin anew."""
        cursor = Cursor.parse(asked_log)
        if cursor is None or (cursor.log, cursor.mark) != (log, self._mark):
            return None
        doubtful = since < self._doubt and cursor.base < self._doubt
        return None if cursor.base < self._since or doubtful else cursor

    def begin(self, log: str, revision: int) -> Cursor:
        """A new log, begun at our `revision`."""
        return Cursor(log, revision, self._mark)

    def tell(self, party: str, record: Record | None, revision: int, base: int) -> Told:
        """What the peer hears of an agent whose newest change had that revision, in a log with that base."""
        shown = None if record is None else self.show(record)
        if shown is not None:
            return shown
        lost = self._lost.get(party)
        if lost is not None:
            return Verdict.GONE if lost > base else Verdict.NOTHING
        return Verdict.DOUBT if base < revision <= self._start else Verdict.NOTHING
