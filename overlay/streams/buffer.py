"""Frames in order again, within bounds of time and number; what is too old is dropped. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from overlay.streams.frame import Frame

_FURTHEST = 1_000_000
"""So much ahead of what is next no frame may be."""


@dataclass(slots=True)
class Tally:
    """What became of the frames."""

    received: int = 0
    late: int = 0
    lost: int = 0
    dropped: int = 0
    repeated: int = 0
    """Came twice, or with an impossible number."""


@dataclass(frozen=True, slots=True)
class _Held:
    frame: Frame
    deadline: float


class JitterBuffer:
    """Of one stream. `most`: frames that wait at one time; `gap_s`: how long those after a missing one wait
    for it. Times are of one clock of ours; `deadline` is when a frame is too old to be given out.
    """

    def __init__(self, most: int, gap_s: float, first: int = 1) -> None:
        """`first`: the number that is given out first; 0: of whatever comes first."""
        self.tally = Tally()
        self._most = most
        self._gap_s = gap_s
        self._next = first
        self._held: dict[int, _Held] = {}
        self._skipped: set[int] = set()
        self._missing = 0
        self._hole_since: float | None = None

    def __len__(self) -> int:
        return len(self._held)

    def put(self, frame: Frame, deadline: float, now: float) -> None:
        """One that came."""
        number = frame.number
        if not self._next:
            self._next = number
        if number - self._next > _FURTHEST:
            self.tally.repeated += 1  # of no stream that anybody sends
        elif number in self._held or (number < self._next and number not in self._skipped):
            self.tally.repeated += 1
        elif number < self._next:  # it was given up, and is out of order now
            self._skipped.discard(number)
            self.tally.lost -= 1
            self.tally.late += 1
        elif now > deadline:
            self.tally.late += 1
            self._held[number] = _Held(msgspec.structs.replace(frame, data=b""), -1.0)
        else:
            self._held[number] = _Held(frame, deadline)
        if len(self._held) > self._most:
            self._make_room()

    def take(self, now: float) -> Frame | None:
        """The next one that may be given out; None: none now (`wake_at`)."""
        while self._held:
            held = self._held.pop(self._next, None)
            if held is None:
                due = self._due(now)
                if now < due:
                    return None
                self._skip_to(min(self._held))
                continue
            self._next += 1
            self._hole_since = None
            if held.deadline < now:
                self._missing += 1
                if held.deadline >= 0:  # in time when it came: the application did not ask
                    self.tally.dropped += 1
                continue
            self.tally.received += 1
            missing, self._missing = self._missing, 0
            return msgspec.structs.replace(held.frame, missing=missing) if missing else held.frame
        return None

    def wake_at(self, now: float) -> float | None:
        """When `take` gives something though nothing came; None: not before something comes."""
        return self._due(now) if self._held and self._next not in self._held else None

    def end(self, last: int) -> None:
        """The sender says that this was the last number: what is missing of it is lost."""
        if self._next and not self._held and self._next <= last <= self._next + _FURTHEST:
            self._skip_to(last + 1)

    def _due(self, now: float) -> float:
        """Before the first of those that wait is too old itself."""
        if self._hole_since is None:
            self._hole_since = now
        first = self._held[min(self._held)]
        return min(self._hole_since + self._gap_s, first.deadline - self._gap_s / 4)

    def _skip_to(self, number: int) -> None:
        gone = range(self._next, number)
        self.tally.lost += len(gone)
        self._missing += len(gone)
        if len(gone) <= self._most:
            self._skipped.update(gone)
        self._skipped = {skipped for skipped in self._skipped if skipped > number - 2 * self._most}
        self._next = number
        self._hole_since = None

    def _make_room(self) -> None:
        """The oldest goes: in a live stream the newest counts."""
        oldest = min(self._held)
        if oldest > self._next:
            self._skip_to(oldest)
        in_time = self._held.pop(oldest).deadline >= 0
        self._next = oldest + 1
        self._missing += 1
        self._hole_since = None
        self.tally.dropped += in_time
