"""Messages of a nats-server reach their routes, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadEnvelope
from overlay.transport.nats_parser import NatsParser

Got = tuple[bytes, bytes, bytes, bytes | None]


@settings(deadline=None, max_examples=100)
@given(sizes=st.lists(st.integers(0, 80), max_size=6), cut=st.integers(1, 120))
def test_messages_and_lines_are_whole_however_they_are_cut(sizes: list[int], cut: int) -> None:
    got: list[Got] = []
    parser = NatsParser({7: lambda *told: got.append(told)})
    stream = b"PING\r\n"
    wanted: list[Got] = []
    for size in sizes:
        body = b"\r" * size
        stream += b"MSG a.b 7 %d\r\n%b\r\n" % (size, body)
        stream += b"HMSG a.c 7 r.1 4 %d\r\nN/1\n%b\r\n" % (size + 4, body)
        stream += b"MSG a.d 8 r.2 1\r\nx\r\n"  # nobody's
        wanted += [(b"a.b", b"", body, None), (b"a.c", b"r.1", body, b"N/1\n")]
    stream += b"-ERR 'no'\r\n"
    lines = [line for at in range(0, len(stream), cut) for line in parser.feed(stream[at : at + cut])]
    assert got == wanted
    assert lines == [b"PING", b"-ERR 'no'"]


@pytest.mark.parametrize("line", [b"MSG a.b seven 3\r\n", b"MSG a.b 7 99999999999\r\n", b"MSG 1\r\n"])
def test_what_no_broker_says_is_refused(line: bytes) -> None:
    with pytest.raises(BadEnvelope):
        NatsParser({}).feed(line)
