"""What a RabbitMQ sends: deliveries are taken out, all else goes on to aiormq. Pure.

aiormq reads a frame with four awaits and decodes it in general; a delivery is three frames, and costs it ten
times what everything else here costs a message.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from pamqp.header import ContentHeader

from overlay.errors import TooLarge

_FRAME = Struct(">BHI")
_AROUND = _FRAME.size + 1
_METHOD, _HEADER, _BODY = 1, 2, 3
_DELIVER = b"\x00\x3c\x00\x3c"
_BLOCKED = b"\x00\x0a\x00\x3c"
_UNBLOCKED = b"\x00\x0a\x00\x3d"
_SIZE_AT, _FLAGS_AT = 4, 12
_HEADERS = 1 << 13
_COUNT = "x-delivery-count"
_FRAME_BYTES = 2 * 1024 * 1024
_BODY_BYTES = 64 * 1024 * 1024
"""More than any RabbitMQ is told to send: a peer's may be anybody's."""
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"


class Delivered(NamedTuple):
    """One message."""

    tag: int
    key: str
    body: bytes
    attempt: int
    """1 for the first delivery, as far as the broker counts."""


Take = Callable[[Delivered], None]
"""Must not raise."""


class _Coming:
    """A message of which not all frames are here yet."""

    __slots__ = ("attempt", "got", "key", "parts", "size", "tag")

    def __init__(self, tag: int, key: str) -> None:
        self.tag = tag
        self.key = key
        self.size = -1
        self.got = 0
        self.attempt = 1
        self.parts: list[bytes] = []


class Splitter:
    """Of one connection. `takers`: who is given the deliveries of a channel, by its number."""

    def __init__(self) -> None:
        self.takers: dict[int, Take] = {}
        self.blocked = False
        """Whether the broker takes no messages: it runs out of memory or disk."""
        self._rest = b""
        self._need = 0
        self._waiting: list[bytes] = []
        self._coming: dict[int, _Coming] = {}

    def feed(self, data: bytes) -> bytes:
        """What goes on to aiormq, as it came; a part of a frame waits for the rest of it. Raises TooLarge."""
        if self._rest or self._waiting:
            self._waiting.append(data)
            if sum(map(len, self._waiting)) < self._need:
                return b""
            data, self._rest = b"".join((self._rest, *self._waiting)), b""
            self._waiting.clear()
        passed: list[bytes] = []
        at, end, takers = 0, len(data), self.takers
        while end - at >= _FRAME.size:
            kind, channel, size = _FRAME.unpack_from(data, at)
            if size > _FRAME_BYTES:
                raise TooLarge(f"the broker announces a frame of {size} bytes")
            stop = at + size + _AROUND
            if stop > end:
                break
            if channel not in takers or not self._taken(kind, channel, data, at + _FRAME.size, size):
                self._look(channel, data, at + _FRAME.size)
                passed.append(data[at:stop])
            at = stop
        if at < end:
            self._rest = data[at:]
            whole = _FRAME.unpack_from(data, at)[2] + _AROUND if end - at >= _FRAME.size else _FRAME.size
            self._need = whole - len(self._rest)
        return b"".join(passed)

    def _look(self, channel: int, data: bytes, at: int) -> None:
        if not channel:
            if data.startswith(_BLOCKED, at):
                self.blocked = True
            elif data.startswith(_UNBLOCKED, at):
                self.blocked = False

    def _taken(self, kind: int, channel: int, data: bytes, at: int, size: int) -> bool:
        """Whether this frame is of a delivery."""
        if kind == _METHOD:
            if not data.startswith(_DELIVER, at):
                return False
            self._coming[channel] = _begun(data, at + len(_DELIVER))
            return True
        coming = self._coming.get(channel)
        if coming is None:
            return False
        if kind == _HEADER:
            coming.size = int.from_bytes(data[at + _SIZE_AT : at + _SIZE_AT + 8], "big")
            if coming.size > _BODY_BYTES:
                raise TooLarge(f"the broker announces a message of {coming.size} bytes")
            if data[at + _FLAGS_AT] << 8 & _HEADERS:
                coming.attempt = _attempt(data[at : at + size])
        elif kind == _BODY:
            coming.parts.append(data[at : at + size])
            coming.got += size
        if coming.got == coming.size:
            self._whole(channel, coming)
        return True

    def _whole(self, channel: int, coming: _Coming) -> None:
        del self._coming[channel]
        body = coming.parts[0] if len(coming.parts) == 1 else b"".join(coming.parts)
        take = self.takers.get(channel)
        if take is not None:
            take(Delivered(coming.tag, coming.key, body, coming.attempt))


def _begun(data: bytes, at: int) -> _Coming:
    """Consumer tag, delivery tag, whether it was delivered before, exchange, routing key."""
    at += 1 + data[at]
    tag = int.from_bytes(data[at : at + 8], "big")
    at += 9
    at += 1 + data[at]
    return _Coming(tag, data[at + 1 : at + 1 + data[at]].decode(errors="replace"))


def _attempt(header: bytes) -> int:
    content = ContentHeader()
    content.unmarshal(header)
    count = (content.properties.headers or {}).get(_COUNT, 0)
    return count + 1 if isinstance(count, int) else 1
