"""Calling handlers: what goes wrong inside, and how it stops."""

from __future__ import annotations

import asyncio

from overlay.errors import Failed
from overlay.transport.handling import Handling

LIMIT_S = 30.0


class Told:
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.any = asyncio.Event()

    def __call__(self, _where: str, error: Exception) -> None:
        self.errors.append(error)
        self.any.set()


async def test_a_handler_whose_own_work_was_cancelled_is_reported_and_the_next_message_handled() -> None:
    told, handled = Told(), asyncio.Event()

    async def handler(item: int) -> None:
        if item == 1:
            raise asyncio.CancelledError
        handled.set()

    handling = Handling(handler, limit=4, where="test", on_error=told)
    handling.offer(1)
    handling.offer(2)
    async with asyncio.timeout(LIMIT_S):
        await handled.wait()
    await handling.stop(LIMIT_S)
    assert [type(error) for error in told.errors] == [Failed]


async def test_a_handler_may_stop_its_own_reader() -> None:
    stopped = asyncio.Event()

    async def handler(item: int) -> None:
        await handling.stop(LIMIT_S)
        stopped.set()

    handling = Handling(handler, limit=4, where="test", on_error=Told())
    handling.offer(1)
    async with asyncio.timeout(LIMIT_S):
        await stopped.wait()
    await handling.stop(LIMIT_S)
    assert not handling.offer(2)


async def test_a_handler_that_hangs_is_cancelled_when_its_time_is_over() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def handler(item: int) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    handling = Handling(handler, limit=4, where="test", on_error=Told())
    handling.offer(1)
    handling.offer(2)
    async with asyncio.timeout(LIMIT_S):
        await begun.wait()
        assert await handling.stop(0.01) == [2]
    assert cancelled.is_set()


async def test_what_does_not_fit_is_counted() -> None:
    async def handler(item: int) -> None:
        """Takes it."""

    handling = Handling(handler, limit=2, where="test", on_error=Told())
    assert [handling.offer(item) for item in range(4)] == [True, True, False, False]
    assert handling.dropped == 2
    await handling.stop(LIMIT_S)
