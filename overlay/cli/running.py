"""From a command to its exit code: 0 done, 1 failed, 2 wrong usage, 128+n ended by signal n.

Errors are one line on standard error, never a traceback.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import uvloop

from overlay.errors import BadInput, OverlayError

T = TypeVar("T")
DEBUG = "OVERLAY_DEBUG"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked us to stop, and everything was stopped in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. The first signal cancels the work, so that everything is closed; later ones are
    ignored meanwhile. Raises Interrupted.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_stoppable(work))


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    told: list[int] = []

    def tell(number: int) -> None:
        if not told:
            told.append(number)
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, tell, number)
    try:
        return await task
    except asyncio.CancelledError:
        if told:
            raise Interrupted(told[0]) from None
        raise
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def until_told(serve: Callable[[], Awaitable[None]]) -> None:
    """Serve until a signal comes; that end is a good one."""
    try:
        await serve()
    except asyncio.CancelledError:
        return


def guarded(command: Callable[[], None]) -> NoReturn:
    """Call it, and leave the process with its exit code and at most one line of error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    code = 0
    try:
        command()
    except Interrupted as stop:
        code = 128 + stop.number
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OverlayError, ExceptionGroup, OSError) as error:
        code = _complain(error)
    sys.exit(code)


def _complain(error: Exception) -> int:
    first = _first(error)
    if not isinstance(first, (OverlayError, OSError)) or os.environ.get(DEBUG):
        traceback.print_exception(error)
    text = " ".join(str(first).split()) or type(first).__name__
    sys.stderr.write(f"overlay: {text}\n")
    return 2 if isinstance(first, BadInput) else 1


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        inner: list[Exception] = list(error.exceptions)
        error = next((one for one in inner if isinstance(one, OverlayError)), inner[0])
    return error
