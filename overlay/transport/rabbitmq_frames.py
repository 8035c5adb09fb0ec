"""A message as frames of AMQP 0-9-1: several times faster than the general encoder below aiormq. Pure."""

from __future__ import annotations

from struct import Struct

from overlay.errors import BadName

_METHOD = 1
_HEADER = 2
_BODY = 3
_END = b"\xce"
_FRAME = Struct(">BHI")
_PUBLISH = Struct(">HHH")
_CONTENT = Struct(">HHQHB")
_BASIC = 60
_BASIC_PUBLISH = 40
_DELIVERY_MODE = 1 << 12
_EXPIRATION = 1 << 8
_MESSAGE_ID = 1 << 7
_MANDATORY = b"\x01"
_OPTIONAL = b"\x00"
_TRANSIENT = 1
_PERSISTENT = 2
_AROUND = _FRAME.size + len(_END)


def transient_frames(channel: int, exchange: str, key: str, body: bytes, frame_max: int) -> bytes:
    """A message that nobody keeps, and nobody misses. Raises BadName: the key is too long."""
    header = _CONTENT.pack(_BASIC, 0, len(body), _DELIVERY_MODE, _TRANSIENT)
    return _frames(channel, _publish(exchange, key, _OPTIONAL), header, body, frame_max)


def persistent_frames(
    channel: int, exchange: str, key: str, body: bytes, frame_max: int, *, message_id: str, expires_ms: int
) -> bytes:
    """A message to be kept, or given back when no queue takes it. Raises BadName: the key is too long."""
    flags = _DELIVERY_MODE | _EXPIRATION | _MESSAGE_ID
    header = (
        _CONTENT.pack(_BASIC, 0, len(body), flags, _PERSISTENT) + _short(str(expires_ms)) + _short(message_id)
    )
    return _frames(channel, _publish(exchange, key, _MANDATORY), header, body, frame_max)


def _publish(exchange: str, key: str, bits: bytes) -> bytes:
    return _PUBLISH.pack(_BASIC, _BASIC_PUBLISH, 0) + _short(exchange) + _short(key) + bits


def _short(text: str) -> bytes:
    data = text.encode()
    if len(data) > 255:
        raise BadName(f"{text[:60]!r}… has {len(data)} bytes; a name on RabbitMQ has up to 255")
    return bytes((len(data),)) + data


def _frames(channel: int, method: bytes, header: bytes, body: bytes, frame_max: int) -> bytes:
    parts = [
        _FRAME.pack(_METHOD, channel, len(method)),
        method,
        _END,
        _FRAME.pack(_HEADER, channel, len(header)),
        header,
        _END,
    ]
    most = frame_max - _AROUND if frame_max else max(1, len(body))
    for start in range(0, len(body), most):
        chunk = body[start : start + most]
        parts += (_FRAME.pack(_BODY, channel, len(chunk)), chunk, _END)
    return b"".join(parts)
