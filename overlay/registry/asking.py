"""Asks again when a question got no answer: the process of the registry that had it may have been killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Ask = Callable[[float], Awaitable[bytes]]
"""One try, with the seconds that it has."""


async def ask_again(ask: Ask, limit_s: float, again_s: float) -> bytes:
    """The first answer, or what the first try that fails raises. The pause before the next try doubles, and
    earlier tries go on waiting: a registry that is slow is not asked for ever.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    tries: set[asyncio.Future[bytes]] = set()
    try:
        while True:
            left_s = until - loop.time()
            tries.add(asyncio.ensure_future(ask(max(left_s, 0.001))))
            last = left_s <= 2 * again_s
            done, _ = await asyncio.wait(
                tries, timeout=None if last else again_s, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return done.pop().result()
            again_s *= 2
    finally:
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)
