"""`--watch`: the same view again and again; in place where somebody looks, else each below its time."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from overlay.cli.printing import console, line, show_json_line, utc
from overlay.errors import OverlayError

Watch = Annotated[
    bool, typer.Option("--watch", help="Go on until Ctrl-C; with --json one object a line each time.")
]
Every = Annotated[
    float, typer.Option("--every", help="With --watch: seconds between two looks.", min=0.2, max=3600)
]
View = Sequence[RenderableType]
"""What stands below each other."""
T = TypeVar("T")


def show_view(view: View) -> None:
    """Once."""
    console().print(Group(*view))


async def watch(look: Callable[[], Awaitable[T]], view: Callable[[T], View], every_s: float) -> None:
    """Look, show, wait, until cancelled. What fails meanwhile is shown and tried again: parts may restart."""
    if not sys.stdout.isatty():
        while True:
            found = await _looked(look, view)
            show_view([line(utc(time.time())), *found, line("")])
            await asyncio.sleep(every_s)
    with Live(console=console(), auto_refresh=False) as live:
        while True:
            live.update(Group(*await _looked(look, view)), refresh=True)
            await asyncio.sleep(every_s)


async def watch_json(
    look: Callable[[], Awaitable[T]], as_dict: Callable[[T], object], every_s: float
) -> None:
    """The same for scripts."""
    while True:
        try:
            show_json_line(as_dict(await look()))
        except OverlayError as error:
            show_json_line({"error": str(error), "reason": error.reason})
        await asyncio.sleep(every_s)


async def _looked(look: Callable[[], Awaitable[T]], view: Callable[[T], View]) -> View:
    try:
        return view(await look())
    except OverlayError as error:
        return [line(f"overlay: {error}")]
