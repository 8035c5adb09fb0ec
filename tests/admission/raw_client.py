"""A plain nats-py client that tries whatever it is told to, and remembers what the server refused."""

from __future__ import annotations

import asyncio
import ssl

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError

from overlay.transport.address import TlsFiles

LIMIT_S = 30
"""For every wait: long, because machines are slow; nothing asserts a duration."""


class RawClient:
    """One connection. It never reconnects by itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.client = Client()
        self.refused: list[str] = []
        self.closed = asyncio.Event()

    async def login(self, port: int, files: TlsFiles, user: str = "", password: str = "") -> None:
        """Raises OSError, TimeoutError or nats.errors.Error when it is not let in."""
        context = ssl.create_default_context(cafile=str(files.ca))
        context.load_cert_chain(str(files.certificate), str(files.key))
        try:
            await self.client.connect(
                f"tls://localhost:{port}",
                tls=context,
                user=user or None,
                password=password or None,
                allow_reconnect=False,
                connect_timeout=LIMIT_S,
                error_cb=self._failed,
                closed_cb=self._closed,
                inbox_prefix=f"_INBOX.{self.name}",
            )
            await self._round_trip()
        except BaseException:
            await self.client.close()
            raise

    async def may_publish(self, subject: str, reply: str = "") -> bool:
        """Whether the server takes a message on `subject`."""
        before = len(self.refused)
        await self.client.publish(subject, b"", reply=reply)
        await self.flush()
        return len(self.refused) == before

    async def may_subscribe(self, subject: str, queue: str = "") -> bool:
        """Whether the server takes a subscription."""
        before = len(self.refused)
        subscription = await self.client.subscribe(subject, queue)
        await self.flush()
        taken = len(self.refused) == before
        await subscription.unsubscribe()
        return taken

    async def flush(self) -> None:
        """Returns when the server has handled everything before, and its refusals are here. nats-py sends the
        first ping ahead of what waits to be written.
        """
        for _ in range(2):
            await self.client.flush(LIMIT_S)

    async def ask(self, subject: str, body: bytes = b"") -> Msg:
        """One request and its first answer."""
        return await self.client.request(subject, body, timeout=LIMIT_S)

    async def gone(self) -> None:
        """Returns when the server has closed this connection."""
        async with asyncio.timeout(LIMIT_S):
            await self.closed.wait()

    async def _round_trip(self) -> None:
        """nats-py's `flush` succeeds on a connection that was refused, and waits for one that is closed."""
        flushed = asyncio.create_task(self.client.flush(LIMIT_S))
        closed = asyncio.create_task(self.closed.wait())
        await asyncio.wait([flushed, closed], return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        flushed.cancel()
        await asyncio.gather(flushed, closed, return_exceptions=True)
        if not self.client.is_connected:
            raise ConnectionClosedError

    async def _failed(self, error: Exception) -> None:
        self.refused.append(str(error))

    async def _closed(self) -> None:
        self.closed.set()
