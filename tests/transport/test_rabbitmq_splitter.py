"""Deliveries are taken out of what a RabbitMQ sends, however it is cut; all else goes on untouched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import commands, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from overlay.errors import TooLarge
from overlay.transport.rabbitmq_splitter import Delivered, Splitter

MINE, OTHER = 3, 4


def delivery(channel: int, tag: int, body: bytes, again: int = 0) -> bytes:
    properties = commands.Basic.Properties(
        delivery_mode=2, message_id="m", headers={"x-delivery-count": again} if again else None
    )
    deliver = commands.Basic.Deliver("consumer", tag, bool(again), "ov", "ov.rt.normal.agent.bob.gw")
    parts = [body[at : at + 100] for at in range(0, len(body), 100)]
    return b"".join(
        (
            frame.marshal(deliver, channel),
            frame.marshal(ContentHeader(0, len(body), properties), channel),
            *(frame.marshal(ContentBody(part), channel) for part in parts),
        )
    )


@settings(deadline=None, max_examples=100)
@given(sizes=st.lists(st.integers(0, 350), max_size=6), cut=st.integers(1, 400))
def test_deliveries_are_whole_and_the_rest_is_untouched(sizes: list[int], cut: int) -> None:
    splitter = Splitter()
    got: list[Delivered] = []
    splitter.takers[MINE] = got.append
    rest = [frame.marshal(commands.Basic.QosOk(), MINE), delivery(OTHER, 1, b"not mine")]
    mine = [delivery(MINE, tag, bytes(size), tag % 3) for tag, size in enumerate(sizes, 1)]
    stream = b"".join((rest[0], *mine, rest[1]))
    passed = b"".join(splitter.feed(stream[at : at + cut]) for at in range(0, len(stream), cut))
    assert passed == b"".join(rest)
    assert [(one.tag, len(one.body), one.attempt) for one in got] == [
        (tag, size, tag % 3 + 1) for tag, size in enumerate(sizes, 1)
    ]
    assert {one.key for one in got} <= {"ov.rt.normal.agent.bob.gw"}


def test_a_broker_that_takes_nothing_is_seen_to_say_so() -> None:
    splitter = Splitter()
    splitter.feed(frame.marshal(commands.Connection.Blocked("memory"), 0))
    assert splitter.blocked
    splitter.feed(frame.marshal(commands.Connection.Unblocked(), 0))
    assert not splitter.blocked


def test_a_frame_that_no_broker_is_told_to_send_is_refused() -> None:
    with pytest.raises(TooLarge):
        Splitter().feed(b"\x01\x00\x01\x7f\xff\xff\xff")
