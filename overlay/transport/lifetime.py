"""Until when a connection lives, and why it ended."""

from __future__ import annotations

import asyncio

from overlay.errors import Unreachable


class Lifetime:
    """Ends once: by `close`, or because reconnecting was given up."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._over = asyncio.Event()
        self._why = ""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def end(self, why: str = "") -> None:
        """It ends now; `why` is empty when we closed it ourselves. Only the first call counts."""
        if not self._over.is_set():
            self._why = why
            self._over.set()

    def check(self) -> None:
        """Raises Unreachable once it has ended."""
        if self._over.is_set():
            raise self._error()

    async def wait(self) -> None:
        """Returns when we closed it; raises Unreachable when it was given up."""
        await self._over.wait()
        if self._why:
            raise self._error()

    def _error(self) -> Unreachable:
        return Unreachable(
            f"the connection to {self._broker} is closed: {self._why or 'we closed it'}. Connect again"
        )
