"""What a handler says while it does a task, written down."""

from __future__ import annotations

from overlay.bell import Bell
from overlay.content.file_ref import FileRef
from overlay.errors import TooLarge
from overlay.settings import Settings
from overlay.tasks.book import Book
from overlay.tasks.event import Said
from overlay.tasks.pages import Pages
from overlay.tasks.row import Row


class RunDesk:
    """Of one call of a handler."""

    def __init__(self, book: Book, pages: Pages, bell: Bell, row: Row, settings: Settings) -> None:
        self._book = book
        self._pages = pages
        self._bell = bell
        self._row = row
        self._settings = settings
        self._used: set[int] = set()

    async def progress(self, body: bytes, media_type: str, files: tuple[FileRef, ...]) -> int:
        """See `TaskRun.progress`."""
        said = self._fitting(Said(body, media_type, files))
        number = await self._book.progress(self._row.key, self._row.runs, said)
        self._ring()
        return number

    async def want_input(self, question: bytes, media_type: str) -> bytes:
        """See `TaskRun.want_input`."""
        said = self._fitting(Said(question, media_type))
        number = self._asked_before(question)
        if not number:
            number = await self._book.ask(self._row.key, self._row.runs, said)
            self._ring()
        self._used.add(number)
        while True:
            ticket = self._bell.ticket(self._row.key)
            try:
                answers = {one[0]: one[2] for one in self._pages.questions(self._row.key)}
                answer = answers.get(number)
                if answer is not None:
                    return answer
                await ticket
            finally:
                self._bell.drop(self._row.key, ticket)

    async def save(self, state: bytes) -> None:
        """See `TaskRun.save`."""
        most = self._settings.task_saved_bytes
        if len(state) > most:
            raise TooLarge(f"a task saves {most} bytes at most (task_saved_bytes), not {len(state)}")
        await self._book.save(self._row.key, self._row.runs, state)

    def _asked_before(self, question: bytes) -> int:
        """The number of the same question of an earlier call, which was not used yet; 0: there is none."""
        for number, body, _ in self._pages.questions(self._row.key):
            if body == question and number not in self._used:
                return number
        return 0

    def _fitting(self, said: Said) -> Said:
        most = self._settings.task_event_bytes
        if said.size > most:
            raise TooLarge(f"an event of a task has {most} bytes at most (task_event_bytes), not {said.size}")
        return said

    def _ring(self) -> None:
        self._bell.ring((self._row.creator, self._row.skill))
