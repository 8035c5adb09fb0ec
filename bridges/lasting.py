"""A task that lasts: what fails in it is reported, and it starts again after a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.backoff import Backoff
from overlay.endpoint.caught import Caught
from overlay.errors import Failed
from overlay.transport.contract import OnError


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
