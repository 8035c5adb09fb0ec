"""A task in the terminal, and for scripts: what its agent's folder knows of it."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from overlay.cli.bodies import body_json
from overlay.cli.printing import line, printable, table, utc
from overlay.cli.watching import View
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadInput, NotFound
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.shown import TaskShown, events_in, tasks_in

Found = tuple[Path, TaskShown]
"""A task, and the home of the agent that knows it."""
_COLUMNS = ("event", "when", "state", "", "")
_TEXT = 80


def found_in(home: Path, of: str, own: Path | None, begins: str = "") -> list[Found]:
    """Tasks whose ID begins so, the oldest first. Raises NotFound; BadInput where several IDs begin so."""
    found = [(one, task) for one in _homes(home, of, own) for task in tasks_in(one)]
    found = [one for one in found if one[1].id.startswith(begins.lower())]
    if begins and not found:
        raise NotFound(f"there is no task {begins}: `overlay task list` shows all")
    if begins and len({task.id for _, task in found}) > 1:
        raise BadInput(f"{begins} is how several begin: write more of it")
    return sorted(found, key=lambda one: (one[1].created, one[1].side == "given"))


def known(home: Path, of: str, own: Path | None, begins: str) -> bool:
    """Whether there is such a task."""
    try:
        return bool(found_in(home, of, own, begins))
    except NotFound:
        return False


def has_ended(found: Found) -> bool:
    """Nothing follows."""
    return bool(found[1].ended)


def question_of(home: Path, me: str, task: str) -> bytes:
    """What it asked last, as far as is written down."""
    events = [event for one in found_in(home, me, None, task)[-1:] for event in events_in(*one)]
    asked = [event.body for event in events if event.kind is EventKind.QUESTION]
    return asked[-1] if asked else b""


def task_view(found: Found) -> View:
    """One task, now."""
    home, task = found
    took = (task.ended or time.time()) - task.created
    whose = f"given by {task.agent} to" if task.side == "given" else f"done by {task.agent} for"
    head = f"{task.id}: {task.state}, attempt {task.attempt}, {took:.1f} s; {whose} {task.other or 'nobody'}"
    rows = [
        (str(one.number), utc(one.at), one.state.value, one.kind.value, _text(one))
        for one in events_in(home, task)
    ]
    return [line(head), table(_COLUMNS, rows)]


def task_json(found: Found) -> dict[str, object]:
    """The same for scripts."""
    home, task = found
    events = [event_json(one) for one in events_in(home, task)]
    return {**msgspec.to_builtins(task), "events": events}


def event_json(event: TaskEvent) -> dict[str, object]:
    """One event, for scripts."""
    about = {"number": event.number, "kind": event.kind.value, "state": event.state.value}
    more = {"attempt": event.attempt, "at": event.at, "reason": event.reason, "about": event.about}
    return {**about, **more, "files": msgspec.to_builtins(event.files), **body_json(event.body)}


def event_line(event: TaskEvent) -> str:
    """One event, on one line."""
    return f"{event.number:>4}  {event.state.value:13} {event.kind.value:9} {_text(event)}".rstrip()


def _text(event: TaskEvent) -> str:
    text = printable(event.body[: 4 * _TEXT].decode(errors="replace"))
    cut = text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
    return f"{event.reason}: {cut}" if event.reason else cut


def _homes(home: Path, of: str, own: Path | None) -> list[Path]:
    if own is not None:
        return [own.expanduser()]
    folder = DomainFolder.open(home.expanduser())
    homes = [one for one in sorted(folder.agents.glob("*")) if Home(one).exists()]
    chosen = [one for one in homes if of in ("", one.name)]
    if of and not chosen:
        raise NotFound(f"no agent {of} lives in {home}")
    return chosen
