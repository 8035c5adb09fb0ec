"""overlay task: tasks from a shell, beside an agent that does them."""

from __future__ import annotations

import json
from typing import Any

from overlay.tasks.run import TaskRun
from tests.live_domain import LiveDomain, fresh, overlay


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
