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
            self._check_connected()
            await self.client.flush(LIMIT_S)
            self._check_connected()
        except BaseException:
            await self.client.close()
            raise

    async def may_publish(self, subject: str, reply: str = "") -> bool:
        """Whether the server takes a message on `subject`. A refusal comes before the answer to a flush."""
        before = len(self.refused)
        await self.client.publish(subject, b"", reply=reply)
        await self.client.flush(LIMIT_S)
        return len(self.refused) == before

    async def may_subscribe(self, subject: str, queue: str = "") -> bool:
        """Whether the server takes a subscription."""
        before = len(self.refused)
        subscription = await self.client.subscribe(subject, queue)
        await self.client.flush(LIMIT_S)
        taken = len(self.refused) == before
        await subscription.unsubscribe()
        return taken

    async def ask(self, subject: str, body: bytes = b"") -> Msg:
        """One request and its first answer."""
        return await self.client.request(subject, body, timeout=LIMIT_S)

    async def gone(self) -> None:
        """Returns when the server has closed this connection."""
        async with asyncio.timeout(LIMIT_S):
            await self.closed.wait()

    def _check_connected(self) -> None:
        """nats-py's `flush` succeeds on a connection that was refused."""
        if not self.client.is_connected:
            raise ConnectionClosedError

    async def _failed(self, error: Exception) -> None:
        self.refused.append(str(error))

    async def _closed(self) -> None:
        self.closed.set()
