"""One connection of the HTTP server: requests in, answers out, each part of it within a time and a size."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import h11

from overlay.carriers.request import Request
from overlay.errors import BadInput, TimedOut, TooLarge
from overlay.settings import Settings

_CHUNK = 65_536
_ENVELOPE_BYTES = 65_536
"""What a message has around its body, at most: header, card, attributes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    close: bool = False


class Malformed(BadInput):
    """What came is no HTTP; nothing more can be read after it."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Conversation:
    """Requests come one after the other: what is sent ahead waits until the answer before it was taken."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: Settings
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._settings = settings
        self._most = settings.max_body_bytes + _ENVELOPE_BYTES
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=settings.http_header_bytes)
        self._left = settings.http_requests

    async def request(self) -> Request | None:
        """The next one; None when the client is done, or was idle for too long. Raises Malformed, TooLarge,
        TimedOut (it is slower than `http_slow_s`).
        """
        if self._left <= 0:
            return None
        self._left -= 1
        try:
            if not await self._begins():
                return None
            async with asyncio.timeout(self._settings.http_slow_s):
                head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            async with asyncio.timeout(self._settings.http_slow_s):
                return await self._whole(head)
        except TimeoutError as error:
            raise TimedOut(
                f"the request was not here within {self._settings.http_slow_s:g} s (http_slow_s)"
            ) from error
        except h11.RemoteProtocolError as error:
            raise Malformed(f"this is no HTTP/1.1: {error}", error.error_status_hint) from error

    async def answer(self, answer: Answer) -> bool:
        """Whether another request may follow. Raises TimedOut when the client does not take it."""
        close = answer.close or self._left <= 0
        headers = {
            "content-type": answer.media_type,
            "content-length": str(len(answer.body)),
            "cache-control": "no-store",
            **answer.headers,
            **({"connection": "close"} if close else {}),
        }
        http = self._http
        if http.our_state not in (h11.SEND_RESPONSE, h11.IDLE):
            return False
        parts = (
            h11.Response(status_code=answer.status, headers=list(headers.items())),
            h11.Data(data=answer.body),
            h11.EndOfMessage(),
        )
        await self._write(b"".join(http.send(part) or b"" for part in parts))
        if close or http.their_state is not h11.DONE:
            return False
        http.start_next_cycle()
        return True

    async def _begins(self) -> bool:
        """Whether something comes within `http_idle_s`."""
        if self._http.trailing_data[0]:
            return True
        try:
            async with asyncio.timeout(self._settings.http_idle_s):
                data = await self._reader.read(_CHUNK)
        except TimeoutError:
            return False
        if not data:
            return False
        self._http.receive_data(data)
        return True

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._http.send(go_on) or b"")
            self._http.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _whole(self, head: h11.Request) -> Request:
        size = len(head.target) + sum(len(name) + len(value) for name, value in head.headers)
        if size > self._settings.http_header_bytes:
            raise Malformed(f"a head is at most {self._settings.http_header_bytes} bytes here", 431)
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        if "content-length" in headers and "transfer-encoding" in headers:
            raise Malformed("a request has a Content-Length or a Transfer-Encoding, not both", 400)
        if len(headers) != len(head.headers):
            raise Malformed("each header comes once", 400)
        if int(headers.get("content-length", "0")) > self._most:
            raise TooLarge(f"a body is at most {self._most} bytes here (max_body_bytes)")
        body = bytearray()
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if isinstance(event, h11.ConnectionClosed):
                raise Malformed("the connection ended inside a request", 400)
            if isinstance(event, h11.Data):
                body += event.data
            if len(body) > self._most:
                raise TooLarge(f"a body is at most {self._most} bytes here (max_body_bytes)")
        method, target = head.method.decode("ascii"), head.target.decode("ascii")
        return Request(method, target, headers, bytes(body))

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        try:
            async with asyncio.timeout(self._settings.http_slow_s):
                await self._writer.drain()
        except TimeoutError as error:
            raise TimedOut("the client does not take its answer") from error
