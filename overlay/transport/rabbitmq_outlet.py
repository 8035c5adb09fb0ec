"""A channel for publishing: frames wait while the socket is busy, and go out together."""

from __future__ import annotations

import asyncio

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel

from overlay.errors import OverlayError, Unreachable
from overlay.transport.rabbitmq_dial import is_open
from overlay.transport.rabbitmq_errors import broker_errors
from overlay.transport.rabbitmq_frames import persistent_frames, transient_frames
from overlay.transport.rabbitmq_queues import EXCHANGE

ROOM_BYTES = 256 * 1024
"""With more than this waiting for the socket, publishers wait."""


class Outlet:
    """Publishes on `channel`, until that is closed."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._frame_max = channel.connection.connection_tune.frame_max or 0
        self._frames: list[bytes] = []
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None

    async def room(self) -> None:
        """Returns when there is room. Raises Unreachable when the channel is gone."""
        while self._waiting_bytes >= ROOM_BYTES:
            await self.written()
        if not is_open(self.channel):
            raise Unreachable("publishing: the channel was lost")

    async def written(self) -> None:
        """Returns when the socket has taken everything, or the channel is gone."""
        if self._writing is not None:
            await asyncio.wait((self._writing,))

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
        self._frames.append(frames)
        self._waiting_bytes += len(frames)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="publish")

    async def _write(self) -> None:
        try:
            with broker_errors("publishing"):
                while self._frames and is_open(self.channel):
                    await self._write_waiting()
        except OverlayError:
            self._waiting_bytes = 0
        if not is_open(self.channel):
            self._frames.clear()  # gone with the channel; who waits for a confirmation hears of it
            self._waiting_bytes = 0

    async def _write_waiting(self) -> None:
        data = b"".join(self._frames)
        self._frames.clear()
        taken = self.channel.create_future()
        await self.channel.connection.write_queue.put(
            ChannelFrame(data, should_close=False, drain_future=taken)
        )
        await taken
        self._waiting_bytes -= len(data)
