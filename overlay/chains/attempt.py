"""One task of a chain: until somebody has it, until it has ended, or until it is to be cancelled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from overlay.chains.assign import Assign, Assigned, Order
from overlay.chains.facts import Outcome
from overlay.errors import (
    BadInput,
    Failed,
    NotFound,
    NotPermitted,
    OverlayError,
    Refused,
    TaskCancelled,
    Unavailable,
    Unreachable,
)
from overlay.patience import comes_within
from overlay.settings import Settings

_log = logging.getLogger("overlay.chains")
Taken = Callable[[str], Awaitable[None]]
"""Told who has it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it went."""

    outcome: Outcome
    output: bytes = b""
    error: str = ""


class Effort:
    """`run` it once."""

    def __init__(
        self, order: Order, assign: Assign, settings: Settings, patience_s: float, taken: Taken
    ) -> None:
        self._order = order
        self._assign = assign
        self._settings = settings
        self._patience_s = patience_s
        self._taken = taken
        self._cancel = asyncio.Event()

    def cancel(self) -> None:
        """It is not wanted any more. Idempotent."""
        self._cancel.set()

    async def run(self) -> Ended:
        """Whatever happens is an outcome, but for what no agent can be blamed for."""
        try:
            task = await self._given()
        except (BadInput, NotPermitted, Refused, Unavailable) as error:
            hopeless = isinstance(error, BadInput | Refused) and not isinstance(
                error, NotFound | NotPermitted
            )
            return Ended("hopeless" if hopeless else "failed", error=str(error))
        if task is None:
            return Ended("cancelled", error="it was cancelled before anybody had it")
        if task.agent:
            await self._taken(task.agent)
        return await self._outcome(task)

    async def _given(self) -> Assigned | None:
        """None: it was cancelled meanwhile. Raises what `Assign.start` raised last."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience_s
        while True:
            try:
                return await self._assign.start(self._order)
            except (NotFound, Unavailable) as error:
                if isinstance(error, Failed) or loop.time() >= until:
                    raise
            if await comes_within(self._cancel, self._settings.chain_look_s):
                return None

    async def _outcome(self, task: Assigned) -> Ended:
        result = asyncio.ensure_future(self._result(task))
        cancel = asyncio.ensure_future(self._cancel.wait())
        try:
            await asyncio.wait((result, cancel), return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                await self._end(task, result)
            if not result.done():
                said = "it was cancelled, and its agent did not say how it ended"
                return Ended("cancelled", error=said)
            return result.result()
        finally:
            for one in (result, cancel):
                one.cancel()
            await asyncio.gather(result, cancel, return_exceptions=True)

    async def _end(self, task: Assigned, result: asyncio.Future[Ended]) -> None:
        """Returns when it has ended, or its agent is silent."""
        try:
            async with asyncio.timeout(self._settings.chain_cancel_s):
                await task.cancel()
                await asyncio.wait((result,))
        except (TimeoutError, OverlayError) as error:
            _log.warning("task %s is not wanted any more, and does not end: %s", self._order.id, error)

    async def _result(self, task: Assigned) -> Ended:
        try:
            body = await task.result()
        except TaskCancelled as error:
            return Ended("cancelled" if self._cancel.is_set() else "failed", error=str(error))
        except Unreachable:  # we are going
            raise
        except OverlayError as error:
            return Ended("failed", error=str(error))
        most = self._settings.chain_output_bytes
        if len(body) > most:
            said = f"it gave {len(body)} bytes, more than {most} (chain_output_bytes): give a file"
            return Ended("hopeless", error=said)
        return Ended("done", body)
