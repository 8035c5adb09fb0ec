"""The HTTPS server of an agent: room is taken before a connection is accepted, and everything has a limit."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from contextlib import suppress

from cryptography import x509

from overlay.carriers.conversation import Conversation, Malformed
from overlay.carriers.site import Site, refusal
from overlay.errors import BadSettings, OverlayError, Overloaded, Unreachable
from overlay.settings import Settings
from overlay.transport.contract import OnError

_BACKLOG = 128
_READ_BYTES = 65_536
_SHUTDOWN_S = 1.0


class HttpServer:
    """`open` it, keep `run` running, `close` it."""

    def __init__(
        self,
        site: Site,
        context: ssl.SSLContext,
        settings: Settings,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self._site = site
        self._context = context
        self._settings = settings
        self._counters = counters
        self._on_error = on_error
        self._socket: socket.socket | None = None
        self._room = asyncio.Semaphore(settings.http_connections)
        self._handling = asyncio.Semaphore(settings.http_at_once)
        self._of: Counter[bytes] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, host: str, port: int) -> tuple[str, int]:
        """Where it listens. Raises Unreachable (the port is taken), BadSettings (no such host)."""
        try:
            family, kind, number, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            raise BadSettings(f"{host!r} is no host to listen on: {error}") from error
        listening = socket.socket(family, kind, number)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(where)
            listening.listen(_BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            raise Unreachable(f"nothing can listen on {host}:{port}: {error}") from error
        self._socket = listening
        address = listening.getsockname()
        return str(address[0]), int(address[1])

    async def run(self) -> None:
        """Take connections until cancelled."""
        loop = asyncio.get_running_loop()
        assert self._socket is not None
        while True:
            await self._room.acquire()
            try:
                taken, _ = await loop.sock_accept(self._socket)
            except BaseException:
                self._room.release()
                raise
            task = asyncio.create_task(self._serve(taken), name="http connection")
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Take nothing more, and end what is open. Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_error("http connection", error if isinstance(error, Exception) else Exception(error))

    async def _serve(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_READ_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                taken,
                ssl=self._context,
                ssl_handshake_timeout=self._settings.http_slow_s,
                ssl_shutdown_timeout=_SHUTDOWN_S,
            )
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError: no certificate, another root's
            self._counters["http-handshake-failed"] += 1
            taken.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, ssl.SSLError):
            self._counters["http-connection-lost"] += 1
        finally:
            transport.abort() if transport.is_closing() else writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_SHUTDOWN_S):
                    await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if shown is None:  # the handshake demands one
            return
        conversation = Conversation(reader, writer, self._settings)
        self._of[shown] += 1
        try:
            if self._of[shown] > self._settings.http_per_party:  # at once: silent ones take room, too
                await self._refuse(conversation, Overloaded("too many connections (http_per_party)", 1.0))
            else:
                await self._requests(conversation, x509.load_der_x509_certificate(shown))
        finally:
            self._of[shown] -= 1
            if not self._of[shown]:
                del self._of[shown]

    async def _requests(self, conversation: Conversation, certificate: x509.Certificate) -> None:
        more = True
        while more:
            try:
                request = await conversation.request()
            except Malformed as error:
                await self._refuse(conversation, error, error.status)
                return
            except OverlayError as error:
                await self._refuse(conversation, error)
                return
            if request is None:
                return
            if self._handling.locked():
                self._counters["http-full"] += 1
                more = await conversation.answer(refusal(Overloaded("too much at once (http_at_once)", 1.0)))
                continue
            async with self._handling:
                answer = await self._site.answer(request, certificate)
            more = await conversation.answer(answer)

    async def _refuse(self, conversation: Conversation, error: OverlayError, status: int = 0) -> None:
        self._counters[f"http-{error.reason}"] += 1
        answer = refusal(error)
        closing = type(answer)(
            status or answer.status, answer.body, answer.media_type, answer.headers, close=True
        )
        await conversation.answer(closing)
