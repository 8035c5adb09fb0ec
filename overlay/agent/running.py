"""A program's work until it ends or a signal ends it, with everything closed in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

import uvloop

from overlay.errors import OverlayError

T = TypeVar("T")
_stop: ContextVar[Callable[[int], None]] = ContextVar("stop")


class Interrupted(BaseException):
    """A signal asked us to stop, and everything was stopped in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run_until_stopped(work: Coroutine[Any, Any, T], signals: Sequence[int]) -> T:
    """Run to the end. The first signal cancels the work, so that everything is closed; later ones are
    ignored meanwhile. Raises Interrupted.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_stoppable(work, signals))


def stop_running(number: int) -> bool:
    """From within the work, wherever: stop it as by that signal. False when none is running."""
    stop = _stop.get(None)
    if stop is not None:
        stop(number)
    return stop is not None


def run_as_program(work: Coroutine[Any, Any, None]) -> NoReturn:
    """Run, and leave the process: 0 done, 1 failed (with one line of error), 128+n ended by signal n."""
    try:
        run_until_stopped(work, (signal.SIGINT, signal.SIGTERM))
    except Interrupted as stop:
        sys.exit(128 + stop.number)
    except (OverlayError, OSError) as error:
        sys.stderr.write(f"overlay: {one_line(error)}\n")
        sys.exit(1)
    sys.exit(0)


def one_line(error: Exception) -> str:
    """What an error says, as one printable line; its lines apart by semicolons."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    lines = (" ".join(line.split()) for line in str(error).splitlines())
    words = "; ".join(line for line in lines if line).replace(":; ", ": ") or type(error).__name__
    return "".join(char if char.isprintable() else "?" for char in words)


async def _stoppable(work: Coroutine[Any, Any, T], signals: Sequence[int]) -> T:
    loop = asyncio.get_running_loop()
    told: list[int] = []

    def tell(number: int) -> None:
        if not told:
            told.append(number)
            task.cancel()

    _stop.set(tell)
    task = loop.create_task(work)
    for number in signals:
        loop.add_signal_handler(number, tell, number)
    try:
        return await task
    except (asyncio.CancelledError, ExceptionGroup, OverlayError):
        if told:  # what it said while it was stopped is of no interest
            raise Interrupted(told[0]) from None
        raise
