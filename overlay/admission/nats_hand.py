"""The domain's own hand on its nats-server: a login by user and password that comes back by itself.

nats-py's own reconnecting leaves the sockets of failed attempts open and gives up at the first refusal, so
each attempt here is a new client.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.errors import Error as NatsError

from overlay.errors import OverlayError, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.contract import OnError
from overlay.transport.pauses import Pauses

_LONGEST_PAUSE = 2
"""Of few, who must be back before those whom they let in."""

Prepare = Callable[[Client], Awaitable[None]]
"""Subscribes, after each login."""


class NatsHand:
    """One connection of user `user`, whom no callout asks about."""

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsFiles,
        settings: Settings,
        *,
        user: str,
        password: str,
        prepare: Prepare,
        on_error: OnError,
    ) -> None:
        self._address = address
        self._tls = tls
        self._settings = settings
        self._user = user
        self._password = password
        self._prepare = prepare
        self._on_error = on_error
        self._client = Client()
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self) -> None:
        """Returns when logged in and prepared. Raises Unreachable, BadSettings."""
        await self._log_in()
        self._keeper = asyncio.create_task(self._keep())

    async def ended(self) -> None:
        """Returns after `close`; raises Unreachable when coming back was given up."""
        if self._keeper is not None:
            await asyncio.wait([self._keeper])
            if not self._keeper.cancelled():
                self._keeper.result()

    async def close(self) -> None:
        """Disconnect, within `drain_timeout_s`. Idempotent."""
        self._closing = True
        if self._keeper is None:
            return  # never logged in: nats-py cannot close what was not connected
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        await self._end(self._client)

    async def _keep(self) -> None:
        while not self._closing:  # a cancellation may be lost in `wait_for` of nats-py
            await self._lost.wait()
            await self._come_back()

    async def _come_back(self) -> None:
        """Raises Unreachable after `reconnect_limit_s`."""
        pauses = Pauses(self._settings, _LONGEST_PAUSE)
        while not self._closing:
            await pauses.next()
            try:
                await self._log_in()
            except OverlayError as error:
                if pauses.over:
                    raise Unreachable(f"{self._address} was lost for too long: {error}") from error
                self._on_error(f"login of {self._user} at the broker", error)
            else:
                return

    async def _log_in(self) -> None:
        context = client_tls(self._tls)  # from the files each time: the certificate may have been renewed
        client, lost = Client(), asyncio.Event()
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await self._connect(client, lost, context)
                await self._prepare(client)
                for _ in range(2):  # nats-py sends a ping ahead of subscriptions that wait to be written
                    await client.flush(math.ceil(self._settings.connect_timeout_s))
        except (OSError, TimeoutError, NatsError) as error:
            await self._end(client)
            raise Unreachable(
                f"{self._user} cannot log in at {self._address}: {error!r}; "
                "is the broker running, and are its secrets.json and this certificate of the same domain?"
            ) from error
        except BaseException:
            await self._end(client)
            raise
        self._client, self._lost = client, lost

    async def _connect(self, client: Client, lost: asyncio.Event, context: ssl.SSLContext) -> None:
        async def failed(error: Exception) -> None:
            self._on_error(f"broker connection of {self._user}", error)

        async def closed() -> None:
            lost.set()

        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        await client.connect(
            f"tls://{host}:{self._address.port}",
            name=f"domain {self._user}",
            user=self._user,
            password=self._password,
            tls=context,
            error_cb=failed,
            closed_cb=closed,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # or one attempt would go on for minutes
            reconnect_time_wait=0,
            connect_timeout=math.ceil(self._settings.connect_timeout_s),
            ping_interval=math.ceil(self._settings.nats_ping_s),
            inbox_prefix=f"_INBOX.{self._user}",
        )

    async def _end(self, client: Client) -> None:
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await client.close()
        except TimeoutError as error:
            self._on_error(f"closing the broker connection of {self._user}", error)
