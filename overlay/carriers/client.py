"""Reaching one agent over HTTP: envelopes go by POST, and their answers come back in the same connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from overlay.carriers.request import ENVELOPE, ENVELOPES
from overlay.carriers.self_signed import check_server
from overlay.carriers.status import error_from
from overlay.carriers.tls import client_context
from overlay.errors import BadSettings, TimedOut, TooLarge, Unreachable
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from overlay.trust.keycard import KeyCard

_CHUNK = 65_536
_AROUND = 65_536


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """`https://host:port`, always with TLS."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> HttpAddress:
        """Raises BadSettings."""
        try:
            parts = urlsplit(text)
            port = parts.port or 443
        except ValueError as error:
            raise BadSettings(f"{text!r} is no address: {error}") from error
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.path.strip("/"):
            raise BadSettings(f"{text!r} is not the HTTP address of an agent: https://host:port")
        return cls(parts.hostname, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http: h11.Connection


class HttpCarrier:
    """See `overlay.endpoint.couriers.Courier`. `credentials`: ours, as they are now."""

    def __init__(
        self, address: HttpAddress, credentials: Callable[[], Credentials], settings: Settings
    ) -> None:
        self.address = address
        self._credentials = credentials
        self._settings = settings
        self._most = settings.max_body_bytes + _AROUND
        self._shown: Credentials | None = None
        self._context: ssl.SSLContext | None = None
        self._idle: list[_Line] = []
        self._room = asyncio.Semaphore(settings.http_lines)

    async def carry(self, envelope: bytes, card: KeyCard, timeout_s: float) -> bytes:
        """See `Courier`."""
        try:
            async with asyncio.timeout(timeout_s), self._room:
                return await self._carry(envelope, card)
        except TimeoutError as error:
            raise TimedOut(f"{self.address} did not answer within {timeout_s:g} s") from error
        except (OSError, h11.ProtocolError) as error:
            raise Unreachable(f"{card.name} is not reached at {self.address}: {error}") from error

    async def close(self) -> None:
        """See `Courier`."""
        lines, self._idle = self._idle, []
        for line in lines:
            await _end(line)

    async def _carry(self, envelope: bytes, card: KeyCard) -> bytes:
        while self._idle and self._shown is self._credentials():
            line = self._idle.pop()
            try:
                check_server(_certificate(line), card.certificate)
                return await self._exchange(line, envelope)
            except (ConnectionError, ssl.SSLError, h11.RemoteProtocolError):
                continue  # it was closed meanwhile; should it have been taken, it is found to be a repeat
        await self.close()
        line = await self._open()
        try:
            check_server(_certificate(line), card.certificate)
        except BaseException:
            await _end(line)
            raise
        return await self._exchange(line, envelope)

    async def _open(self) -> _Line:
        now = self._credentials()
        if self._context is None or self._shown is not now:
            self._context, self._shown = client_context(now), now
        reader, writer = await asyncio.open_connection(
            self.address.host, self.address.port, ssl=self._context, limit=_CHUNK, server_hostname=""
        )
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=self._settings.http_header_bytes)
        return _Line(reader, writer, http)

    async def _exchange(self, line: _Line, envelope: bytes) -> bytes:
        try:
            status, body = await self._post(line, envelope)
        except BaseException:
            line.writer.transport.abort()
            raise
        http = line.http
        if (
            http.our_state is h11.DONE
            and http.their_state is h11.DONE
            and len(self._idle) < self._settings.http_lines
        ):
            http.start_next_cycle()
            self._idle.append(line)
        else:
            await _end(line)
        if status not in (200, 202):
            raise error_from(status, body)
        return body

    async def _post(self, line: _Line, envelope: bytes) -> tuple[int, bytes]:
        headers = [
            ("host", str(self.address).removeprefix("https://")),
            ("content-type", ENVELOPE),
            ("content-length", str(len(envelope))),
        ]
        request = h11.Request(method="POST", target=ENVELOPES, headers=headers)
        for part in (request, h11.Data(data=envelope), h11.EndOfMessage()):
            line.writer.write(line.http.send(part) or b"")
        await line.writer.drain()
        status, body = 0, bytearray()
        while True:
            event = line.http.next_event()
            if event is h11.NEED_DATA:
                line.http.receive_data(await line.reader.read(_CHUNK))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._most:
                    raise TooLarge(f"the answer of {self.address} is larger than a message may be")
            elif isinstance(event, h11.EndOfMessage):
                return status, bytes(body)
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("the server closed the connection before it answered")


def _certificate(line: _Line) -> bytes | None:
    shown: bytes | None = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return shown


async def _end(line: _Line) -> None:
    line.writer.close()
    line.writer.transport.abort()
