"""What an executor's book says, as creators are told it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from overlay.endpoint.state_file import Row as Values
from overlay.endpoint.state_file import StateFile
from overlay.tasks import row as rows
from overlay.tasks.event import TaskEvent
from overlay.tasks.row import Key, Row
from overlay.tasks.talk import Page, Told

_AT_ONCE = 256
_HEAD = 512
"""About the bytes of an event beside its body."""
_OF_TASK = """SELECT seq, id, event FROM events WHERE creator = ? AND id = ? AND number > ?
    ORDER BY number LIMIT ?"""
_OF_SKILL = """SELECT seq, id, event FROM events WHERE creator = ? AND skill = ? AND seq > ?
    ORDER BY seq LIMIT ?"""
_OPEN = """SELECT creator, id FROM tasks WHERE ended = 0
    ORDER BY row_number() OVER (PARTITION BY creator ORDER BY created_ms), creator LIMIT ?"""
_QUESTIONS = """SELECT number, body, answer FROM questions WHERE creator = ? AND id = ? ORDER BY number"""
_decoder = msgspec.msgpack.Decoder(TaskEvent)


class Pages:
    """Short reads, in place. Everything raises Unavailable when the file cannot be used."""

    def __init__(self, file: StateFile, page_bytes: int) -> None:
        self._file = file
        self._page_bytes = page_bytes
        self.book = bytes(file.read("SELECT id FROM book")[0][0])

    def get(self, key: Key) -> Row | None:
        """None: it is not known."""
        found = self._file.read(rows.GET, key)
        return rows.row_of(found[0]) if found else None

    def open_tasks(self, most: int) -> list[Key]:
        """Those that have not ended: the oldest of each creator first, then the second of each."""
        found = self._file.read(_OPEN, (most,))
        return [(str(creator), str(task)) for creator, task in found]

    def to_cancel(self) -> list[Key]:
        """Those that have not ended, and are to be cancelled."""
        found = self._file.read("SELECT creator, id FROM tasks WHERE ended = 0 AND cancel = 1")
        return [(str(creator), str(task)) for creator, task in found]

    def questions(self, key: Key) -> list[tuple[int, bytes, bytes | None]]:
        """Number, question, and answer if there is one; in order."""
        found = self._file.read(_QUESTIONS, key)
        return [(row[0], bytes(row[1]), None if row[2] is None else bytes(row[2])) for row in found]

    def version(self) -> int:
        """Another one when somebody wrote since."""
        return int(self._file.read("PRAGMA data_version")[0][0])

    def reached(self) -> int:
        """The last place that was written."""
        found = self._file.read("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(found[0][0]) if found else 0

    def of_task(self, key: Key, after: int) -> Page:
        """What happened to one task after event number `after`."""
        reached = self.reached()  # before its events are read: none falls between
        return self._page(reached, self._file.read(_OF_TASK, (*key, after, _AT_ONCE)), one=True)

    def of_skill(self, creator: str, skill: str, after: int) -> Page:
        """What happened to all tasks of this creator and skill after this place."""
        return self._page(after, self._file.read(_OF_SKILL, (creator, skill, after, _AT_ONCE)), one=False)

    def _page(self, reached: int, found: Sequence[Values], *, one: bool) -> Page:
        told: list[Told] = []
        size = 0
        for place, task, data in found:
            size += len(data) + _HEAD
            if told and size > self._page_bytes:
                break
            told.append(Told(task, _decoder.decode(data)))
            reached = reached if one else place
        more = len(told) < len(found) or len(found) == _AT_ONCE
        return Page(self.book, reached, tuple(told), more=more)
