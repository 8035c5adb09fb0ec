"""A hand on a nats-server that no callout asks about: a login that comes back by itself.

nats-py's own reconnecting leaves the sockets of failed attempts open and gives up at the first refusal, so
each attempt here is a new client.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nats.aio.client import Client
from nats.errors import Error as NatsError

from overlay.errors import OverlayError, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import OnError
from overlay.transport.pauses import Pauses

T = TypeVar("T")
_CANCEL_AGAIN_S = 0.1
_LONGEST_PAUSE = 2
"""Of few, who must be back before those whom they let in."""

Prepare = Callable[[Client], Awaitable[None]]
"""Subscribes, after each login."""


TlsContext = Callable[[], ssl.SSLContext]
"""From the files, for each login: a certificate may have been renewed. Raises BadSettings."""


@dataclass(frozen=True, slots=True)
class NatsLogin:
    """Who logs in: a name and password, or what a credentials file of nats (`.creds`) says."""

    user: str
    password: str = field(default="", repr=False)
    credentials: Path | None = None


class NatsHand:
    """One connection of `login`."""

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsContext,
        settings: Settings,
        *,
        login: NatsLogin,
        prepare: Prepare,
        on_error: OnError,
    ) -> None:
        self._address = address
        self._tls = tls
        self._settings = settings
        self._login = login
        self._user = login.user
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

    @property
    def client(self) -> Client:
        """The newest connection. It may be lost: then there is another after a while."""
        return self._client

    @property
    def lost(self) -> asyncio.Event:
        """Set when `client` is lost."""
        return self._lost

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
        context = self._tls()
        client, lost, broken = Client(), asyncio.Event(), asyncio.Event()

        async def attempt() -> None:
            await self._connect(client, lost, broken, context)
            await self._prepare(client)
            for _ in range(2):  # nats-py sends a ping ahead of subscriptions that wait to be written
                await client.flush(math.ceil(self._settings.connect_timeout_s))

        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await unless(broken, attempt(), "the connection was lost")
        except (OSError, TimeoutError, NatsError, Unreachable) as error:
            await self._end(client)
            raise Unreachable(
                f"{self._user} cannot log in at {self._address}: {error!r}; "
                "is the broker running, and are its secrets.json and this certificate of the same domain?"
            ) from error
        except BaseException:
            await self._end(client)
            raise
        self._client, self._lost = client, lost

    async def _connect(
        self, client: Client, lost: asyncio.Event, broken: asyncio.Event, context: ssl.SSLContext
    ) -> None:
        """nats-py goes on waiting for a connection that breaks before it is made: `broken` tells."""

        async def failed(error: Exception) -> None:
            broken.set()
            self._on_error(f"broker connection of {self._user}", error)

        async def closed() -> None:
            lost.set()

        keys = self._login.credentials
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        await client.connect(
            f"tls://{host}:{self._address.port}",
            name=f"domain {self._user}",
            tls=context,
            user=None if keys else self._user,
            password=None if keys else self._login.password,
            user_credentials=str(keys) if keys else None,
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


async def unless(lost: asyncio.Event, work: Coroutine[None, None, T], why: str) -> T:
    """What `work` returns or raises. Raises Unreachable, for this reason, when `lost` is set before."""
    working = asyncio.create_task(work)
    losing = asyncio.create_task(lost.wait())
    try:
        await asyncio.wait((working, losing), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Unreachable(why)
    finally:
        losing.cancel()
        while not working.done():  # a cancellation may be lost in `wait_for` of nats-py
            working.cancel()
            await asyncio.wait([working], timeout=_CANCEL_AGAIN_S)
        await asyncio.gather(working, losing, return_exceptions=True)
