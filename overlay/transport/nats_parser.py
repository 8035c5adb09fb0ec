"""What a nats-server sends, read in one pass: several times faster than nats-py's own parser. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from overlay.errors import BadEnvelope

Route = Callable[[bytes, bytes, bytes, bytes | None], None]
"""Given (subject, reply subject, payload, headers) of a message. Must not raise."""

_END = b"\r\n"
_LINE_BYTES = 256 * 1024
"""Of a line that says what follows; INFO of a large cluster is the longest."""
_MESSAGE_BYTES = 64 * 1024 * 1024
"""The most that a nats-server can be told to pass on."""


@lru_cache(maxsize=16384)
def text_of(subject: bytes) -> str:
    """A subject as it arrived."""
    return subject.decode(errors="replace")


class NatsParser:
    """Of one connection. Messages go to the route of their subscription's number."""

    def __init__(self, routes: Mapping[int, Route]) -> None:
        self._routes = routes
        self._parts: list[bytes] = []
        self._size = 0
        self._need = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines among the next bytes that are no messages. Raises BadEnvelope."""
        if self._parts:
            self._parts.append(data)
            self._size += len(data)
            if self._size < self._need:
                return []
            data = b"".join(self._parts)
            self._parts.clear()
        lines: list[bytes] = []
        at, need, find, routes = 0, 0, data.find, self._routes
        while (end := find(_END, at)) >= 0:
            plain = data.startswith(b"MSG ", at)
            if not plain and not data.startswith(b"HMSG ", at):
                lines.append(data[at:end])
                at = end + 2
                continue
            words = data[at:end].split()
            begin = end + 2
            try:
                stop = begin + int(words[-1])
                body = begin if plain else begin + int(words[-2])
                route = routes.get(int(words[2]))
            except (ValueError, IndexError) as error:
                raise BadEnvelope(f"the broker sent a malformed line: {data[at : at + 80]!r}") from error
            if stop - begin > _MESSAGE_BYTES:
                raise BadEnvelope(f"the broker announces a message of {stop - begin} bytes")
            if stop + 2 > len(data):
                need = stop + 2 - at
                break
            if route is not None:
                reply = words[3] if len(words) == (5 if plain else 6) else b""
                route(words[1], reply, data[body:stop], None if plain else data[begin:body])
            at = stop + 2
        self._keep(data[at:], need)
        return lines

    def _keep(self, rest: bytes, need: int) -> None:
        if not need and len(rest) > _LINE_BYTES:
            raise BadEnvelope("the broker sent a line without an end")
        if rest:
            self._parts.append(rest)
        self._size, self._need = len(rest), need
