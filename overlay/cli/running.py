"""From a command to its exit code: 0 done, 1 failed, 2 wrong usage, 128+n ended by signal n.

Errors are one line on standard error, never a traceback.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

from overlay.agent.running import Interrupted, one_line, run_until_stopped, stop_running
from overlay.cli.main import SIGNALS, leave_at_once
from overlay.errors import BadInput, OverlayError

T = TypeVar("T")
DEBUG = "OVERLAY_DEBUG"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. The first signal cancels the work, so that everything is closed; later ones are
    ignored meanwhile. Raises Interrupted.
    """
    try:
        return run_until_stopped(work, SIGNALS)
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
    voice, agents = logging.StreamHandler(), logging.getLogger("overlay.agent")
    voice.setFormatter(logging.Formatter("overlay: %(message)s"))  # what an agent tells, tells the command
    agents.addHandler(voice)
    agents.propagate = False
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # its warnings are for its own developers
    code = 0
    try:
        code = command()
    except Interrupted as stop:
        code = 0 if stop.number == signal.SIGPIPE else 128 + stop.number
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        _to_nobody()
    except (OverlayError, ExceptionGroup, OSError) as error:
        code = _complain(error)
    sys.exit(code)


def nobody_reads(error: BrokenPipeError) -> None:
    """Whoever read our output has gone (`| head`): what `run` runs is stopped in order, which is no error of
    ours. In a handler of messages an exception would only be told to the sender. Raises it outside of `run`.
    """
    _to_nobody()
    if not stop_running(signal.SIGPIPE):
        raise error


def _to_nobody() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _complain(error: Exception) -> int:
    first = _first(error)
    if not isinstance(first, (OverlayError, OSError)) or os.environ.get(DEBUG):
        traceback.print_exception(error)
    sys.stderr.write(f"overlay: {one_line(first)}\n")
    return 2 if isinstance(first, BadInput) else 1


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        inner: list[Exception] = list(error.exceptions)
        error = next((one for one in inner if isinstance(one, OverlayError)), inner[0])
    return error
