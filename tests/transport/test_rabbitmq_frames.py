"""Our frames, read by an encoder that is not ours."""

from __future__ import annotations

import pamqp.frame
import pytest
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from overlay.transport.rabbitmq_frames import persistent_frames, transient_frames

FRAME_MAX = 4096


def _read(data: bytes) -> list[object]:
    frames: list[object] = []
    while data:
        size, channel, frame = pamqp.frame.unmarshal(data)
        assert channel == 7
        assert size <= FRAME_MAX
        frames.append(frame)
        data = data[size:]
    return frames


@pytest.mark.parametrize("size", [0, 1, FRAME_MAX - 8, FRAME_MAX - 7, 3 * FRAME_MAX])
def test_a_body_of_any_size_is_put_in_frames_that_the_broker_takes(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    publish, header, *chunks = _read(transient_frames(7, "ov", "ov.rt.a", body, FRAME_MAX))
    assert isinstance(publish, Basic.Publish)
    assert (publish.exchange, publish.routing_key, publish.mandatory) == ("ov", "ov.rt.a", False)
    assert isinstance(header, ContentHeader)
    assert (header.body_size, header.properties.delivery_mode) == (size, 1)
    assert b"".join(chunk.value for chunk in chunks if isinstance(chunk, ContentBody)) == body


def test_a_message_to_be_kept_says_how_long_and_comes_back_when_nobody_keeps_it() -> None:
    data = persistent_frames(7, "ov", "ov.rel.a", b"body", FRAME_MAX, message_id="id.1", expires_ms=1500)
    publish, header, _ = _read(data)
    assert isinstance(publish, Basic.Publish)
    assert publish.mandatory
    assert isinstance(header, ContentHeader)
    properties = header.properties
    assert (properties.delivery_mode, properties.expiration, properties.message_id) == (2, "1500", "id.1")
