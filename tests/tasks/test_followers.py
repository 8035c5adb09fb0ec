"""One question follows all tasks that an executor does for us of one skill. # AG-3"""

from __future__ import annotations

import asyncio
from typing import cast

from overlay.bell import Bell
from overlay.beside import Beside
from overlay.clock import system_clock
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.courier import Courier
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.follower import Followers
from overlay.tasks.given import Given
from overlay.tasks.journal import Journal, Record
from overlay.tasks.spec import Spec
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Page, Told

BOOK, EXECUTOR, SKILL = b"book", PartyId.parse("bob@b.example"), "text.echo"


class Asked:
    """An executor whose answers the test gives."""

    def __init__(self) -> None:
        self.questions: asyncio.Queue[asyncio.Future[Page]] = asyncio.Queue()

    async def ask(self, *_: object) -> Page:
        """Waits for the test."""
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self.questions.put_nowait(answer)
        return await answer


def given(task: str) -> Given:
    """In progress, as far as we know."""
    record = Record(
        task, b"", str(EXECUTOR), SKILL, 1, 0, 1, "", TaskState.IN_PROGRESS, 2, 0.0, system_clock() + 600, 0.0
    )
    return Given(record, Spec(to=str(EXECUTOR)), cast("Journal", None), Bell())


def ended(task: str) -> Told:
    event = TaskEvent(3, EventKind.STATE, TaskState.COMPLETED, 1, 0.0, b"done")
    return Told(task, event)


async def test_an_end_that_was_told_before_the_task_was_followed_is_asked_for() -> None:
    asked, tasks = Asked(), {name: given(name) for name in ("first", "fast", "next")}
    beside = Beside("task")
    followers = Followers(cast("Courier", asked), tasks.get, beside, Settings(), system_clock)
    try:
        followers.follow(tasks["first"], Page(BOOK, 2))
        (await asked.questions.get()).set_result(Page(BOOK, 5, (ended("fast"),)))
        await asked.questions.get()
        followers.follow(tasks["fast"], Page(BOOK, 4))  # its answer was overtaken
        followers.follow(tasks["next"], Page(BOOK, 7))
        assert (tasks["fast"].resync, tasks["next"].resync) == (True, False)
        tasks["fast"].resync = False
        followers.follow(tasks["fast"], Page(BOOK, 4))  # from now on, all comes
        assert not tasks["fast"].resync
    finally:
        await beside.close()
