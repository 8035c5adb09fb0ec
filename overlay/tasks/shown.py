"""Tasks as their agent's folder shows them, to whoever looks on: given and done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from overlay.errors import Unavailable
from overlay.tasks.event import TaskEvent

FILE = "tasks.db"
"""In the folder `tasks` of an agent."""
_GIVEN = """SELECT id, executor, skill, state, attempt, last, created, deadline, ended FROM given
    ORDER BY created"""
_DONE = """SELECT id, creator, skill, state, attempt, last, created_ms / 1000.0, deadline, ended FROM tasks
    ORDER BY created_ms"""
_GIVEN_EVENTS = "SELECT event FROM given_events WHERE id = ? AND number > ? ORDER BY number"
_DONE_EVENTS = "SELECT event FROM events WHERE id = ? AND creator = ? AND number > ? ORDER BY number"
_decoder = msgspec.msgpack.Decoder(TaskEvent)


class TaskShown(msgspec.Struct, frozen=True):
    """One task, as one agent knows it."""

    id: str
    agent: str
    """The name of whose folder it is in."""
    side: str
    """`given` or `done`."""
    other: str
    """Who does it, or who gave it; empty: nobody has it now."""
    skill: str
    state: str
    attempt: int
    events: int
    """The number of the last one."""
    created: float
    deadline: float
    ended: float
    """Seconds since 1970; 0: it has not."""


def tasks_in(home: Path) -> list[TaskShown]:
    """All of an agent, the oldest first. Raises Unavailable."""
    with _reading(home) as db:
        if db is None:
            return []
        found = [_shown(home.name, "given", row) for row in db.execute(_GIVEN)]
        found += [_shown(home.name, "done", row) for row in db.execute(_DONE)]
    return sorted(found, key=lambda one: one.created)


def events_in(home: Path, task: TaskShown, after: int = 0) -> list[TaskEvent]:
    """What its agent knows of what happened. Raises Unavailable."""
    with _reading(home) as db:
        if db is None:
            return []
        if task.side == "given":
            found = db.execute(_GIVEN_EVENTS, (task.id, after)).fetchall()
        else:
            found = db.execute(_DONE_EVENTS, (task.id, task.other, after)).fetchall()
    return [_decoder.decode(row[0]) for row in found]


def _shown(agent: str, side: str, row: tuple[str, str, str, str, int, int, float, float, float]) -> TaskShown:
    task, other, skill, state, attempt, events, created, deadline, ended = row
    about = (other, skill, state, attempt, events, created, deadline, ended)
    return TaskShown(task, agent, side, *about)


@contextmanager
def _reading(home: Path) -> Iterator[sqlite3.Connection | None]:
    """None: there are no tasks."""
    path = home / "tasks" / FILE
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            yield db
    except sqlite3.Error as error:
        raise Unavailable(f"{path} cannot be read: {error}") from error
