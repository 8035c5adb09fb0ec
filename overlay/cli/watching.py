"""`--watch`: the same view again and again; in place where somebody looks, else each below its time."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated, NamedTuple, TypeVar

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from overlay.cli.printing import console, line, show_json_line, utc
from overlay.errors import OverlayError

Watch = Annotated[
    bool, typer.Option("--watch", help="Go on until it has ended, or Ctrl-C; with --json a line each time.")
]
Every = Annotated[
    float, typer.Option("--every", help="With --watch: seconds between two looks.", min=0.2, max=3600)
]
View = Sequence[RenderableType]
"""What stands below each other."""
T = TypeVar("T")


class _Failed(NamedTuple):
    """Two that say the same are equal."""

    error: str
    reason: str


def show_view(view: View) -> None:
    """Once."""
    console().print(Group(*view))


async def watch(
    look: Callable[[], Awaitable[T]],
    view: Callable[[T], View],
    every_s: float,
    ended: Callable[[T], bool] | None = None,
) -> None:
    """Look, show, wait, until cancelled. What fails meanwhile is shown and tried again: parts may restart.
    `ended`: of what has an end: it is watched until then, and in a pipe shown when it has changed.
    """
    if not sys.stdout.isatty():
        async for found in _looks(look, every_s, ended, changes=ended is not None):
            show_view([line(utc(time.time())), *_view(found, view), line("")])
        return
    with Live(console=console(), auto_refresh=False) as live:
        async for found in _looks(look, every_s, ended, changes=False):  # its times go on
            live.update(Group(*_view(found, view)), refresh=True)


async def watch_json(
    look: Callable[[], Awaitable[T]],
    as_dict: Callable[[T], object],
    every_s: float,
    ended: Callable[[T], bool] | None = None,
) -> None:
    """The same for scripts."""
    async for found in _looks(look, every_s, ended, changes=ended is not None):
        show_json_line(found._asdict() if isinstance(found, _Failed) else as_dict(found))


async def _looks(
    look: Callable[[], Awaitable[T]], every_s: float, ended: Callable[[T], bool] | None, *, changes: bool
) -> AsyncIterator[T | _Failed]:
    before: T | _Failed | None = None
    while True:
        found: T | _Failed
        try:
            found = await look()
            last = ended is not None and ended(found)
        except OverlayError as error:
            found, last = _Failed(str(error), error.reason), False
        if not changes or found != before:
            yield found
        if last:
            return
        before = found
        await asyncio.sleep(every_s)


def _view(found: T | _Failed, view: Callable[[T], View]) -> View:
    return [line(f"overlay: {found.error}")] if isinstance(found, _Failed) else view(found)
