"""overlay task: tasks from a shell, beside an agent that does them."""

from __future__ import annotations

import asyncio
import json
import shlex
from typing import Any

from overlay.tasks.run import TaskRun
from tests.live_domain import LIMIT_S, LiveDomain, done, fresh, overlay, start


async def _shown(*words: str, home: str) -> dict[str, Any]:
    ended = await overlay("task", *words, "--home", home, "--json")
    assert ended.code == 0, ended.err
    shown = json.loads(ended.out)
    assert isinstance(shown, dict)
    return shown


async def test_a_task_is_started_shown_answered_and_read_in_a_shell(live: LiveDomain) -> None:  # AG-3
    skill, me, home = f"line.{fresh('probe')}", fresh("alice"), live.home
    worker = await live.agent("worker", (skill,))

    @worker.executes(skill)
    async def probe(run: TaskRun) -> bytes:
        return await run.want_input("which line?")

    async with worker:
        to = (str(worker.id), "no dial tone", "--skill", skill, "--as", me)
        started = await _shown("start", *to, "--no-wait", home=home)
        task = str(started["id"])
        assert (started["executor"], started["attempt"]) == (str(worker.id), 1)
        shown = await _shown("show", task[:12], "--of", me, home=home)
        assert (shown["side"], shown["other"], shown["skill"]) == ("given", str(worker.id), skill)
        await _shown("give", task, "line 7", "--as", me, home=home)
        followed = await overlay("task", "events", task, "--follow-as", me, "--home", home)
        assert "completed" in followed.out.splitlines()[-1]
        assert followed.out.splitlines()[-1].endswith("line 7")
        both = await _shown("list", home=home)
        assert {one["side"] for one in both["tasks"] if one["id"] == task} == {"given", "done"}
        ended = await _shown("cancel", task, "--as", me, home=home)
        assert ended["state"] == "completed"
    unknown = await overlay("task", "show", "f" * 32, "--home", home)
    assert unknown.code == 1


async def test_who_gives_a_task_sees_what_it_asks_and_how_to_answer(live: LiveDomain) -> None:  # AG-3
    skill, me, home = f"line.{fresh('probe')}", fresh("alice"), live.home
    worker = await live.agent("worker", (skill,))

    @worker.executes(skill)
    async def probe(run: TaskRun) -> bytes:
        return await run.want_input("which line?")

    async with worker:
        asking = await start(
            "task", "start", str(worker.id), "dead", "--skill", skill, "--as", me, "--home", home
        )
        assert asking.stdout is not None
        said: list[str] = []
        async with asyncio.timeout(2 * LIMIT_S):
            while not said or not said[-1].startswith("answer with: "):
                said.append((await asking.stdout.readline()).decode().rstrip())
                assert said[-1]
        assert said[-2].endswith(" asks: which line?")
        words = shlex.split(said[-1].removeprefix("answer with: overlay "))
        given = await overlay(*(word.replace("…", "line 7") for word in words), "--home", home)
        assert given.code == 0, given.err
        assert (await done(asking)).out.splitlines() == ["line 7"]
        ended = await overlay("task", "cancel", words[2], "--as", me, "--home", home)
    assert (ended.code, ended.out) == (0, f"task {words[2]} had already ended: completed\n")
