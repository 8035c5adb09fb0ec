"""`overlay task`: tasks that agents give each other (AG-3)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.agent.agent import Agent
from overlay.cli import chain
from overlay.cli.acting import as_agent
from overlay.cli.bodies import body_json, print_body, read_body
from overlay.cli.chain_files import known as chain_known
from overlay.cli.options import HERE, Home, Json, MeOrNew
from overlay.cli.printing import printable, say, show_json, show_json_line, show_table, utc
from overlay.cli.running import run
from overlay.cli.task_view import (
    Found,
    event_json,
    event_line,
    found_in,
    has_ended,
    known,
    question_of,
    task_json,
    task_view,
)
from overlay.cli.watching import Every, Watch, show_view, watch, watch_json
from overlay.cli.whose import Own
from overlay.errors import NotFound
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.retry import NEVER, Retry
from overlay.tasks.shown import events_in
from overlay.tasks.state import TaskState
from overlay.tasks.task import Task
from overlay.tasks.task_id import check_task

app = typer.Typer(help="Tasks that agents give each other.", rich_markup_mode=None)
Me = Annotated[str, typer.Option("--as", help="Which agent of the domain to be: who gave it.")]
Of = Annotated[str, typer.Option("--of", help="Only of this agent of the domain.")]
Id = Annotated[str, typer.Argument(help="The ID of a task, or how it begins.")]
After = Annotated[int, typer.Option(help="Only events after this number.", min=0)]


@app.command()
def start(
    to: Annotated[str, typer.Argument(help="An agent (name@domain), or a skill (network.diagnosis).")],
    body: Annotated[str, typer.Argument(help="What is to be done; - reads standard input.")],
    me: MeOrNew,
    skill: Annotated[str, typer.Option(help="Which of the agent's skills.")] = "",
    name: Annotated[
        str, typer.Option("--id", help="32 hexadecimal digits. The same again is the same task.")
    ] = "",
    deadline: Annotated[float, typer.Option(help="Seconds until it has failed.", min=0.1)] = 3600,
    retries: Annotated[int, typer.Option(help="Attempts after the first one.", min=0, max=100)] = 0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended.")] = True,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Give a task to an agent, and print its result."""
    told = read_body(body)
    retry = Retry(times=retries, on=("unreachable", "overloaded", "failed")) if retries else NEVER
    if name:
        check_task(name)

    async def work(agent: Agent) -> None:
        task = await agent.start_task(to, told, skill=skill, id=name, deadline_s=deadline, retry=retry)
        if not wait:
            _print(task, json=json)
            if task.state is TaskState.INPUT_WANTED and not json:
                _print_question(task.id, question_of(home, me, task.id), me)
            return
        if not json and not task.state.ended:
            say(f"task {task.id}: {task.executor} has it")
        async for event in task.events():
            if event.kind is EventKind.QUESTION and task.state is TaskState.INPUT_WANTED and not json:
                _print_question(task.id, event.body, me)
        result = await task.result()
        if json:
            files = [one.name for one in result.files]
            show_json(
                {**_told(task), "media_type": result.media_type, "files": files, **body_json(result.body)}
            )
        else:
            print_body(result.body)

    as_agent(home, me, work, new=True)


@app.command(name="list")
def list_(of: Of = "", own: Own = None, home: Home = HERE, json: Json = False) -> None:
    """List the tasks that agents of the domain gave and did, the oldest first."""
    found = [task for _, task in found_in(home, of, own)]
    if json:
        show_json({"tasks": msgspec.to_builtins(found)})
        return
    rows = [
        (one.id[:12], one.agent, one.side, one.other, one.skill, one.state, one.attempt, utc(one.created))
        for one in found
    ]
    columns = ("id", "agent", "", "by or for", "skill", "state", "attempt", "began")
    show_table(columns, rows, "There are no tasks.")


@app.command()
def show(
    task: Id,
    of: Of = "",
    own: Own = None,
    watching: Watch = False,
    every: Every = 0.5,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Draw a task, or a chain: how far it is, and what happened."""
    if not known(home, of, own, task):
        if not chain_known(home, own, task):
            raise NotFound(
                f"there is no task and no chain {task}: `overlay task list` and `overlay chain list` show all"
            )
        chain.show(task, own=own, watching=watching, every=every, home=home, json=json)
        return

    async def looked() -> Found:
        return found_in(home, of, own, task)[-1]

    if watching:
        run(
            watch_json(looked, task_json, every, has_ended)
            if json
            else watch(looked, task_view, every, has_ended)
        )
    elif json:
        show_json(task_json(run(looked())))
    else:
        show_view(task_view(run(looked())))


@app.command()
def events(
    task: Id,
    after: After = 0,
    follow: Annotated[
        str, typer.Option("--follow-as", help="Go on until it has ended, as this agent, which gave it.")
    ] = "",
    of: Of = "",
    own: Own = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Print what happened to a task: each event once, in order."""
    where, found = found_in(home, of or follow, own, task)[-1]
    if not follow:
        for event in events_in(where, found, after):
            _print_event(event, json=json)
        return

    async def work(agent: Agent) -> None:
        async for event in agent.task(found.id).events(after):
            _print_event(event, json=json)

    as_agent(home, follow, work)


@app.command()
def give(
    task: Id,
    body: Annotated[str, typer.Argument(help="The answer; - reads standard input.")],
    me: Me,
    question: Annotated[int, typer.Option(help="The number of the question; 0: the latest.", min=0)] = 0,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Answer what a task asked for."""
    told = read_body(body)

    async def work(agent: Agent) -> None:
        given = agent.task(_whole(task, home, me))
        await given.give(told, question=question)
        _print(given, json=json)

    as_agent(home, me, work)


@app.command()
def cancel(task: Id, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Have a task ended. Prints the state that this led to."""

    async def work(agent: Agent) -> None:
        given = agent.task(_whole(task, home, me))
        before = given.state
        state = await given.cancel()
        if not json and (before.ended or state is not TaskState.CANCELLED):
            say(f"task {given.id} had already ended: {state}")
        else:
            _print(given, json=json)

    as_agent(home, me, work)


def _whole(task: str, home: Path, me: str) -> str:
    """The ID of a task that this agent gave. Raises NotFound, BadInput."""
    found = [one.id for _, one in found_in(home, me, None, task) if one.side == "given"]
    if not found:
        raise NotFound(f"{me} gave no task {task}: only who gave it may say something to it")
    return found[0]


def _print(task: Task, *, json: bool) -> None:
    if json:
        show_json(_told(task))
    else:
        whose = "" if task.state.ended else f", {task.executor or 'nobody'} has it"
        say(f"task {task.id}: {task.state}{whose}")


def _print_question(task: str, question: bytes, me: str) -> None:
    say(f"task {task} asks: {printable(question.decode(errors='replace'))}")
    say(f'answer with: overlay task give {task} "…" --as {me}')


def _told(task: Task) -> dict[str, object]:
    about = {"id": task.id, "state": task.state.value, "attempt": task.attempt}
    return {**about, "executor": str(task.executor) if task.executor else ""}


def _print_event(event: TaskEvent, *, json: bool) -> None:
    if json:
        show_json_line(event_json(event))
    else:
        say(event_line(event))
