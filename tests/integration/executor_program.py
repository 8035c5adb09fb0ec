"""A program that does tasks, to be killed: `python -m tests.integration.executor_program HOME SKILL FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.tasks.run import TaskRun
from tests.integration.people import FRIENDS, SETTINGS


def main(home: str, skill: str, calls: str) -> None:
    """Each call of the handler is a line of the file `calls`."""

    def note(call: str) -> None:
        with Path(calls).open("a") as file:
            file.write(f"{call}\n")

    agent = Agent(home, settings=SETTINGS, access=FRIENDS)

    @agent.executes(skill)
    async def do(run: TaskRun) -> bytes:
        note(f"{run.attempt} {run.saved.decode()}")
        if not run.saved:
            await run.progress("one")
            await run.save("half")
        answer = await run.want_input("which line?")
        await run.progress("two")
        return answer

    agent.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
