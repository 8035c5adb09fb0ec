"""A stored reader on NATS against a broker that says what it likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from overlay.naming.mailboxes import agent_inbox
from overlay.transport.nats_client import NatsClient
from overlay.transport.nats_connection import NatsConnection
from overlay.transport.nats_stored import NatsStoredReader
from tests.conformance.bench import SETTINGS, Basket, Errors

ACK = b"$JS.ACK.OV.inbox=bob.1.7.7.1700000000000000000.0"


class FakeClient:
    """Writes down what would go to the broker."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bytes]] = []

    def publish_now(self, subject: bytes, payload: bytes, _reply: bytes = b"") -> None:
        self.sent.append((subject, payload))


class FakeConnection:
    """A connection that is up."""

    def __init__(self) -> None:
        self.fake = FakeClient()
        self.client = cast("NatsClient", self.fake)
        self.on_back: list[object] = []


class Scene:
    """A reader, and what is at its ends."""

    def __init__(self) -> None:
        self.connection, self.basket, self.errors = FakeConnection(), Basket(), Errors()
        self.reader = NatsStoredReader(
            cast("NatsConnection", self.connection),
            agent_inbox("bob"),
            self.basket.take_stored,
            SETTINGS.model_copy(update={"stored_in_flight": 4}),
            self.errors,
        )
        self.reader._tick()

    @property
    def sent(self) -> list[tuple[bytes, bytes]]:
        return self.connection.fake.sent

    def pulls(self) -> int:
        """How often it asked for messages."""
        return sum(subject == b"ovjs.next.inbox=bob" for subject, _ in self.sent)

    def arrive(self, reply: bytes, headers: bytes | None = None, subject: bytes = b"ov.rel.x") -> None:
        self.reader._arrived(subject, reply, b"payload", headers)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.reader.stop()


async def test_a_message_that_names_a_foreign_reply_subject_is_neither_taken_nor_settled(
    scene: Scene,
) -> None:
    for reply in (b"$JS.API.STREAM.DELETE.OV", b"", b"$JS.ACK.OV.inbox=bob2.1.7.7.1.0"):
        scene.arrive(reply)
    assert scene.reader.refused["foreign-reply"] == 3
    assert len(scene.errors.seen) == 3
    assert {subject for subject, _ in scene.sent} == {b"ovjs.next.inbox=bob"}
    assert scene.basket.items == []


async def test_a_message_is_acknowledged_on_the_subject_that_the_broker_gave(scene: Scene) -> None:
    scene.arrive(ACK, b"NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n")
    await scene.basket.until(1)
    assert (ACK, b"+ACK") in scene.sent
    assert scene.basket.attempts == [1]


async def test_messages_beyond_the_room_are_given_back_at_once(scene: Scene) -> None:
    for number in range(5):
        scene.arrive(ACK + b"%d" % number)
    assert (ACK + b"4", b"-NAK") in scene.sent
    await scene.basket.until(4)


async def test_a_pull_that_ended_is_followed_by_another(scene: Scene) -> None:
    assert scene.pulls() == 1
    scene.arrive(b"", b"NATS/1.0 100 Idle Heartbeat\r\n\r\n", b"_INBOX.0")
    assert scene.pulls() == 1
    scene.arrive(b"", b"NATS/1.0 408 Request Timeout\r\n\r\n", b"_INBOX.0")
    assert scene.pulls() == 2


async def test_a_consumer_that_keeps_refusing_is_asked_slowly_and_reported(scene: Scene) -> None:
    for _ in range(3):
        scene.arrive(b"", b"NATS/1.0 409 Consumer Deleted\r\n\r\n", b"_INBOX.0")
    assert scene.pulls() == 1
    assert len(scene.errors.seen) == 1


async def test_what_is_held_for_long_is_kept_from_coming_again(scene: Scene) -> None:
    scene.arrive(ACK)
    scene.reader._tick()
    assert (ACK, b"+WPI") in scene.sent
