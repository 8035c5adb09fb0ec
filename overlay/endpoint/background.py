"""Tasks beside a block: they end with it, and the first that fails ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs. Raises what the block raised, else the first failure of the work."""
    failure: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
            try:
                yield
            except Exception as error:
                failure = error
                raise
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as failures:
        failure = failure or failures.exceptions[0]
    if failure is not None:
        raise failure
