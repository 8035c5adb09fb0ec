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
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

import uvloop

from overlay.cli.main import SIGNALS, leave_at_once
from overlay.errors import BadInput, OverlayError

T = TypeVar("T")
DEBUG = "OVERLAY_DEBUG"


class Interrupted(BaseException):
    """A signal asked us to stop, and everything was stopped in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. The first signal cancels the work, so that everything is closed; later ones are
    ignored meanwhile. Raises Interrupted.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_stoppable(work))
    finally:
        _on_signals(leave_at_once)  # the loop took its own handlers away


@contextmanager
def interruptible() -> Iterator[None]:
    """For what is no coroutine and has to tidy up: a signal raises Interrupted inside the block, once."""

    def stop(number: int, _: FrameType | None) -> None:
        _on_signals(signal.SIG_IGN)
        raise Interrupted(number)

    _on_signals(stop)
    try:
        yield
    finally:
        _on_signals(leave_at_once)


def guarded(command: Callable[[], int]) -> NoReturn:
    """Call it, and leave the process with its exit code and at most one line of error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # its warnings are for its own developers
    code = 0
    try:
        code = command()
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


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    told: list[int] = []

    def tell(number: int) -> None:
        if not told:
            told.append(number)
            task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, tell, number)
    try:
        return await task
    except (asyncio.CancelledError, ExceptionGroup, OverlayError):
        if told:  # what it said while it was stopped is of no interest
            raise Interrupted(told[0]) from None
        raise


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _complain(error: Exception) -> int:
    first = _first(error)
    if not isinstance(first, (OverlayError, OSError)) or os.environ.get(DEBUG):
        traceback.print_exception(error)
    sys.stderr.write(f"overlay: {_text(first)}\n")
    return 2 if isinstance(first, BadInput) else 1


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    words = " ".join(str(error).split()) or type(error).__name__
    return "".join(char if char.isprintable() else "?" for char in words)


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        inner: list[Exception] = list(error.exceptions)
        error = next((one for one in inner if isinstance(one, OverlayError)), inner[0])
    return error
