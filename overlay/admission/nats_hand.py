"""The domain's own hand on its nats-server: a connection by user and password that comes back by itself."""

from __future__ import annotations

import asyncio
import math
import secrets
import ssl

from nats.aio.client import Client, Server
from nats.errors import Error as NatsError

from overlay.errors import BadSettings, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import OnError

_SLOWEST = 20
"""Waits between attempts double up to this many times `reconnect_wait_s`."""
_FIRST_ATTEMPTS = 6
_random = secrets.SystemRandom()


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
        on_error: OnError,
    ) -> None:
        self.client = Client()
        self._address = address
        self._tls = tls
        self._user = user
        self._password = password
        self._settings = settings
        self._on_error = on_error
        self._context = ssl.create_default_context()
        self._ended = asyncio.Event()
        self._closing = False
        self._last: Exception | None = None

    async def open(self) -> None:
        """Returns when logged in. Raises Unreachable, BadSettings."""
        self._context = self._make_context()
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                await self.client.connect(
                    f"tls://{self._host}:{self._address.port}",
                    name=f"{self._user} hand",
                    user=self._user,
                    password=self._password,
                    tls=self._context,
                    error_cb=self._failed,
                    disconnected_cb=self._disconnected,
                    closed_cb=self._closed,
                    reconnect_to_server_handler=self._next_attempt,
                    max_reconnect_attempts=self._attempts,
                    connect_timeout=math.ceil(settings.connect_timeout_s),
                    inbox_prefix=f"_INBOX.{self._user}",
                )
        except (OSError, TimeoutError, NatsError) as error:
            await self.client.close()
            raise Unreachable(
                f"{self._user} cannot log in at {self._address}: {self._last or error!r}; "
                "is the broker running, and are its secrets.json and this certificate of the same domain?"
            ) from error
        except BaseException:
            await self.client.close()
            raise

    async def ended(self) -> None:
        """Returns after `close`; raises Unreachable when coming back was given up."""
        await self._ended.wait()
        if not self._closing:
            raise Unreachable(f"the connection of {self._user} to {self._address} was lost: {self._last!r}")

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        self._closing = True
        self._ended.set()
        await self.client.close()

    @property
    def _host(self) -> str:
        return f"[{self._address.host}]" if ":" in self._address.host else self._address.host

    @property
    def _attempts(self) -> int:
        slowest = _SLOWEST * self._settings.reconnect_wait_s
        return _FIRST_ATTEMPTS + int(self._settings.reconnect_limit_s / slowest)

    def _make_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self._tls.ca))
            context.load_cert_chain(str(self._tls.certificate), str(self._tls.key))
        except (OSError, ssl.SSLError) as error:
            raise BadSettings(f"the certificate files of {self._user} cannot be used: {error}") from error
        return context

    def _next_attempt(self, servers: list[Server], _info: dict[str, object]) -> tuple[Server, float]:
        doubled = 2.0 ** min(servers[0].reconnects, 10)
        wait = self._settings.reconnect_wait_s * min(doubled, _SLOWEST)
        return servers[0], wait * _random.uniform(0.5, 1.5)

    async def _disconnected(self) -> None:
        """The certificate may have been renewed since: take it from its files for the next attempt."""
        if self._closing:
            return
        try:
            self._context.load_cert_chain(str(self._tls.certificate), str(self._tls.key))
        except (OSError, ssl.SSLError) as error:
            self._on_error(f"certificate of {self._user}", error)

    async def _failed(self, error: Exception) -> None:
        self._last = error
        if not self._closing:
            self._on_error(f"broker connection of {self._user}", error)

    async def _closed(self) -> None:
        self._ended.set()
