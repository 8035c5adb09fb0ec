"""A channel for publishing: frames wait while the socket is busy, and go out together."""

from __future__ import annotations

import asyncio

from aiormq.channel import Channel

from overlay.errors import Unreachable
from overlay.transport.rabbitmq_dial import RabbitClient, is_open
from overlay.transport.rabbitmq_frames import persistent_frames, transient_frames
from overlay.transport.rabbitmq_queues import EXCHANGE

ROOM_BYTES = 256 * 1024
"""With more than this waiting for the socket, publishers wait."""


class Outlet:
    """Publishes on `channel` of `client`, until that is closed."""

    def __init__(self, client: RabbitClient, channel: Channel) -> None:
        self.channel = channel
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._frame_max = channel.connection.connection_tune.frame_max or 0
        self._frames: list[bytes] = []
        self._waiting_bytes = 0

    @property
    def open(self) -> bool:
        """Whether a message can be published at once."""
        client = self._client
        return (
            self._waiting_bytes + client.waiting_bytes < ROOM_BYTES
            and not client.is_blocked
            and client.owns(self.channel)
        )

    async def room(self) -> None:
        """Returns when there is room. Raises Unreachable when the channel is gone."""
        while self._waiting_bytes + self._client.waiting_bytes >= ROOM_BYTES and is_open(self.channel):
            await self.written()
        if not is_open(self.channel):
            raise Unreachable("publishing: the channel was lost")

    async def written(self) -> None:
        """Returns when the socket takes more, or the channel is gone."""
        self._write()
        await self._client.written()

    def publish(self, key: str, body: bytes) -> None:
        """Queue a message for the socket. Raises BadName."""
        self._send(transient_frames(self.channel.number, EXCHANGE, key, body, self._frame_max))

    async def publish_confirmed(self, key: str, body: bytes, message_id: str, expires_ms: int) -> None:
        """Returns when the broker has confirmed. Raises BadName, and what aiormq raises: PublishError when
        no queue takes it. No two messages in flight may have the same ID.
        """
        channel = self.channel
        frames = persistent_frames(
            channel.number, EXCHANGE, key, body, self._frame_max, message_id=message_id, expires_ms=expires_ms
        )
        confirmed = channel.create_future()
        channel.delivery_tag += 1
        channel.confirmations[channel.delivery_tag] = confirmed
        channel.message_id_delivery_tag[message_id] = channel.delivery_tag
        self._send(frames)
        try:
            await confirmed
        finally:
            channel.message_id_delivery_tag.pop(message_id, None)

    def _send(self, frames: bytes) -> None:
        """What is published in one turn of the loop goes out in one piece."""
        if not self._frames:
            self._loop.call_soon(self._write)
        self._frames.append(frames)
        self._waiting_bytes += len(frames)

    def _write(self) -> None:
        frames, self._frames = self._frames, []
        self._waiting_bytes = 0
        if frames and is_open(self.channel):  # else gone with it; who waits for a confirmation hears of it
            self._client.write(b"".join(frames))
