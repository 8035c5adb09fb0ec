"""How long an envelope header takes to encode and decode (docs/decisions/0002). Run it: it prints a table."""

from __future__ import annotations

import struct
import timeit
from collections.abc import Callable
from functools import partial

import msgspec
import orjson

from overlay.naming.subjects import Class, Priority
from overlay.wire.envelope import Header

HEADER = Header(
    id=bytes(16),
    sender="fault-handler@network.example",
    to="assistant@retail.example",
    cls=Class.REALTIME,
    priority=Priority.NORMAL,
    deadline_ms=1_800_000_000_000,
    key_id=bytes(16),
    counter=123_456,
    slot="s1",
    sender_slot="s2",
)
ROUNDS = 100_000
_FIXED = struct.Struct(">16s16sQQBB")
_LENGTHS = struct.Struct(">HHBBHH")
_CLASSES, _PRIORITIES = list(Class), list(Priority)


def _pack(header: Header) -> bytes:
    texts = [text.encode() for text in (header.sender, header.to, header.slot, header.sender_slot)]
    lanes = _CLASSES.index(header.cls), _PRIORITIES.index(header.priority)
    fixed = _FIXED.pack(header.id, header.key_id, header.deadline_ms, header.counter, *lanes)
    lengths = _LENGTHS.pack(*(len(text) for text in texts), len(header.wrap), len(header.card))
    return b"".join((fixed, lengths, *texts, header.wrap, header.card))


def _unpack(data: bytes) -> Header:
    fixed = _FIXED.unpack_from(data)
    parts, at = [], _FIXED.size + _LENGTHS.size
    for length in _LENGTHS.unpack_from(data, _FIXED.size):
        parts.append(data[at : at + length])
        at += length
    sender, to, slot, sender_slot = (part.decode() for part in parts[:4])
    lanes = _CLASSES[fixed[4]], _PRIORITIES[fixed[5]]
    return Header(
        fixed[0], sender, to, *lanes, fixed[2], fixed[1], fixed[3], slot, sender_slot, parts[4], parts[5]
    )


def _orjson_encode(header: Header) -> bytes:
    plain = msgspec.to_builtins(header)
    return orjson.dumps(plain)


def main() -> None:
    """Print nanoseconds per call and bytes per header."""
    msgpack, msgpack_in = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Header)
    json, json_in = msgspec.json.Encoder(), msgspec.json.Decoder(Header)
    ways: dict[str, tuple[Callable[[Header], bytes], Callable[[bytes], object]]] = {
        "msgspec MessagePack": (msgpack.encode, msgpack_in.decode),
        "msgspec JSON": (json.encode, json_in.decode),
        "orjson": (_orjson_encode, orjson.loads),
        "struct": (_pack, _unpack),
    }
    print(f"{'':22}{'encode ns':>10}{'decode ns':>10}{'bytes':>7}")
    for name, (encode, decode) in ways.items():
        data = encode(HEADER)
        times = _nanoseconds(partial(encode, HEADER)), _nanoseconds(partial(decode, data))
        print(f"{name:22}{times[0]:10.0f}{times[1]:10.0f}{len(data):7}")


def _nanoseconds(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=ROUNDS, repeat=3)) / ROUNDS * 1e9


if __name__ == "__main__":
    main()
