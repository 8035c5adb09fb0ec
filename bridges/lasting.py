"""A task that lasts: what fails in it is reported, and it starts again after a while."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from overlay.endpoint.caught import Caught
from overlay.errors import Failed
from overlay.transport.contract import OnError

_random = secrets.SystemRandom()


class Backoff:
    """Waits that double from `first_s` up to `most_s`, jittered so that many do not come back at once."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s

    def reset(self) -> None:
        """It worked."""
        self._next_s = self._first_s

    async def wait(self) -> None:
        """It failed: wait."""
        wait_s = self._next_s
        self._next_s = min(self._most_s, self._next_s * 2)
        await asyncio.sleep(wait_s * _random.uniform(0.5, 1.0))


async def lasting(
    where: str, work: Callable[[], Awaitable[None]], backoff: Backoff, on_error: OnError
) -> None:
    """Run `work` again and again, until cancelled. Any failure is reported, and so is an end."""
    while True:
        with Caught() as caught:
            await work()
            backoff.reset()
        on_error(where, caught.error or Failed(f"{where} ended; it starts again"))
        await backoff.wait()
