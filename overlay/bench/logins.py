"""Logging in to a broker again and again, each time with a whole TLS handshake."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from overlay.endpoint.dial import dial
from overlay.endpoint.logged import log_error
from overlay.endpoint.party import Party
from overlay.errors import OverlayError
from overlay.naming.subjects import Class, Priority, ToAgent

Close = Callable[[], Awaitable[None]]


class Login(Protocol):
    """One way of logging in."""

    async def __call__(self) -> Close:
        """Returns when the broker has taken a permitted message. Raises OverlayError."""


class Logins:
    """An `Ask` of a closed loop: one login. What was opened is closed beside the measurement."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self) -> None:
        """Raises OverlayError."""
        close = await self._login()
        task = asyncio.create_task(_closed(close))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def settle(self) -> None:
        """Returns when everything is closed."""
        await asyncio.gather(*self._closing)


class OverlayLogin:
    """As the product logs in: certificate checked, permissions given, one message published and flushed."""

    def __init__(self, parties: Sequence[Party]) -> None:
        self._turns = itertools.cycle(parties)

    async def __call__(self) -> Close:
        """See `Login`."""
        party = next(self._turns)
        transport = await dial(party, log_error)
        try:
            me = party.id.name
            await transport.publish(str(ToAgent(Class.REALTIME, Priority.NORMAL, me, me)), b"")
            await transport.flush()
        except BaseException:
            await transport.close()
            raise
        return transport.close


async def _closed(close: Close) -> None:
    with suppress(OverlayError):  # a connection that the broker closed first is closed
        await close()
