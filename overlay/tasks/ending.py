"""How a task ends, by what its handler did."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from overlay.endpoint.failures import told
from overlay.errors import BadInput, Failed, OverlayError, TimedOut, TooLarge
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.event import Said
from overlay.tasks.result import TaskResult
from overlay.tasks.state import TaskState
from overlay.wire.body import to_bytes

_log = logging.getLogger("overlay.tasks")
_ROOM = 16 * 1024
"""In a message, for what is beside a result."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last state, and what is said with it."""

    state: TaskState
    said: Said


def ending_of(
    handler: asyncio.Task[bytes | str | TaskResult | None], why: str, me: PartyId, settings: Settings
) -> Ending | None:
    """`why` it was stopped, if it was; None: it has not ended, and is to be done again. A handler that was
    cancelled and has a result all the same has completed.
    """
    if why == "timed-out":
        return _failed(TimedOut.reason, "its deadline passed")
    if not handler.done() or handler.cancelled():
        return _without_a_word(why)
    error = handler.exception()
    if error is None:
        try:
            return _with_result(handler.result(), settings)
        except BadInput as wrong:
            error = TypeError(f"the handler of a task returned something else: {wrong}")
    if why:
        return _without_a_word(why)
    if not isinstance(error, Exception):  # it wants the whole process to end
        raise error
    if not isinstance(error, OverlayError):
        _log.error("the handler of a task failed", exc_info=error)
    reason, text = told(error, me)
    return _failed(reason, text.decode())


def _without_a_word(why: str) -> Ending | None:
    if why == "closing":
        return None
    if why:
        return Ending(TaskState.CANCELLED, Said(b"its creator cancelled it"))
    return _failed(Failed.reason, "the handler was cancelled, by itself")


def _with_result(found: bytes | str | TaskResult | None, settings: Settings) -> Ending:
    if isinstance(found, TaskResult):
        said = Said(found.body, found.media_type, found.files)
    else:
        said = Said(to_bytes(found))
    most = min(settings.task_result_bytes, settings.max_body_bytes - _ROOM)
    if said.size > most:
        return _failed(
            TooLarge.reason,
            f"its result has {said.size} bytes, and may have {most} (task_result_bytes): offer it as a file",
        )
    return Ending(TaskState.COMPLETED, said)


def _failed(reason: str, text: str) -> Ending:
    return Ending(TaskState.FAILED, Said(text.encode(), reason=reason))
