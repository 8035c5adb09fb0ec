"""Why an endpoint works no more: its broker was given up, or somebody knows that nothing will work."""

from __future__ import annotations

import asyncio

from overlay.endpoint.answers import Answers
from overlay.endpoint.carriage import Carriage
from overlay.errors import Unreachable


class Ending:
    """Keep `watch` running beside the endpoint."""

    def __init__(self, carriage: Carriage, answers: Answers) -> None:
        self._carriage = carriage
        self._answers = answers
        self._told: asyncio.Future[Unreachable] = asyncio.get_running_loop().create_future()

    def tell(self, error: Unreachable) -> None:
        """See `Endpoint.end`."""
        if not self._told.done():
            self._told.set_result(error)
        self._answers.close(error)

    async def wait(self) -> None:
        """See `Endpoint.closed`."""
        lost = asyncio.ensure_future(self._carriage.closed())
        try:
            await asyncio.wait((lost, self._told), return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            await asyncio.wait((lost,))
        if self._told.done():
            raise Unreachable(str(self._told.result()))
        lost.result()

    async def watch(self) -> None:
        """When the broker is given up, nobody who waits for an answer will get one."""
        try:
            await self._carriage.closed()
        except Unreachable as error:
            self._answers.close(error)
