"""Who did not give a task neither sees nor touches it; who gives too many is told so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.errors import BadInput, NotFound, Overloaded, Refused
from overlay.tasks.run import TaskRun
from overlay.tasks.state import TaskState
from overlay.tasks.talk import (
    MARK,
    Cancel,
    Give,
    Look,
    Page,
    Start,
    Talk,
    decode_page,
    encode_talk,
)
from overlay.tasks.task_id import new_task_id
from tests.tasks.office import LIMIT_S, SKILL, Office, Worker


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def _ask_until_told(run: TaskRun) -> bytes:
    return await run.want_input("secret question")


async def _say(by: Worker, to: Worker, talk: Talk) -> Page:
    answer = await by.endpoint.ask(to.id, encode_talk(talk), topic=SKILL, attributes=MARK)
    return decode_page(answer.body)


async def test_another_agent_neither_reads_nor_answers_nor_cancels_a_task(office: Office) -> None:  # GW-17
    async with office.people(_ask_until_told, "alice", "bob", "mallory") as (alice, bob, mallory):
        task = await alice.start(bob.id)
        assert (await _say(mallory, bob, Look(0, 0.0))).events == ()
        known = await _say(mallory, bob, Start(task.id, 1, 0, 60.0, 0, known=True))
        assert known.lost
        assert known.events == ()
        with pytest.raises(NotFound):
            await _say(mallory, bob, Give(task.id, 2, 0, b"mine"))
        assert (await _say(mallory, bob, Cancel(task.id, 9))).lost
        await task.give("line 7")
        async with asyncio.timeout(LIMIT_S):
            assert (await task.result()).text == "line 7"


async def test_the_id_of_another_creators_task_begins_a_task_of_its_own(office: Office) -> None:  # AG-3
    async with office.people(_ask_until_told, "alice", "bob", "mallory") as (alice, bob, mallory):
        task = await alice.start(bob.id, b"hers")
        squatted = await mallory.start(bob.id, b"mine", task=task.id)
        assert await squatted.cancel() is TaskState.CANCELLED
        assert task.state is TaskState.INPUT_WANTED
        await task.give("still here")
        async with asyncio.timeout(LIMIT_S):
            assert (await task.result()).text == "still here"


async def test_nothing_happens_to_a_task_after_its_end(office: Office) -> None:  # AG-3
    async def done(run: TaskRun) -> bytes:
        return run.body

    async with office.people(done, "alice", "bob") as (alice, bob):
        task = await alice.start(bob.id, b"x")
        await task.result()
        with pytest.raises(Refused):
            await _say(alice, bob, Give(task.id, 1, 0, b"late"))
        await _say(alice, bob, Cancel(task.id, 9))
        await _say(alice, bob, Start(task.id, 2, 0, 60.0, 0, body=b"x"))  # no attempt after a good end
        page = await _say(alice, bob, Start(task.id, 2, 0, 60.0, 0, known=True))
        assert [told.event.state for told in page.events][-1] is TaskState.COMPLETED
        assert len(page.events) == 2


async def test_who_floods_with_tasks_is_told_so_and_others_have_room(tmp_path: Path) -> None:  # GW-15
    office = Office(tmp_path, tasks_per_creator=3, task_answer_s=0.0)
    async with office.people(_ask_until_told, "alice", "bob", "mallory") as (alice, bob, mallory):
        for _ in range(3):
            await mallory.start(bob.id)
        with pytest.raises(Overloaded):
            await mallory.start(bob.id)
        task = await alice.start(bob.id)
        assert not task.state.ended


async def test_a_task_that_may_have_been_done_and_forgotten_is_not_begun_again(tmp_path: Path) -> None:
    # AG-3
    calls: list[str] = []

    async def count(run: TaskRun) -> None:
        calls.append(run.id)

    office = Office(tmp_path, task_ended_kept=1)
    async with office.people(count, "alice", "bob") as (alice, bob):
        first, second = (Start(new_task_id(), 1, moment, 60.0, 0) for moment in (1000, 2000))
        for start in (first, second):
            await _say(alice, bob, start)
        await bob.tasks.clean()
        with pytest.raises(Refused):
            await _say(alice, bob, first)
        assert calls == [first.task, second.task]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x81\xa4type\xa1s",
        encode_talk(Start("../" * 10, 1, 0, 60.0, 0)),
        encode_talk(Start("0" * 32, 1, 0, float("nan"), 0)),
        encode_talk(Start("0" * 32, 2**63, -1, 60.0, 2**64 - 1)),
        encode_talk(Look(-1, float("inf"))),
    ],
)
async def test_nonsense_about_tasks_is_refused(office: Office, body: bytes) -> None:  # GW-15
    async with office.people(_ask_until_told, "alice", "bob") as (alice, bob):
        with pytest.raises(BadInput):
            await alice.endpoint.ask(bob.id, body, topic=SKILL, attributes=MARK)
        with pytest.raises(Refused):
            await alice.endpoint.ask(bob.id, body, topic=SKILL)
