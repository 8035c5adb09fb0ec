"""Acknowledgements of one channel, gathered: one frame for all that are in sequence."""

from __future__ import annotations

import asyncio

from aiormq.channel import Channel

from overlay.errors import OverlayError
from overlay.settings import Settings
from overlay.transport.rabbitmq_errors import broker_errors


class Acks:
    """What the broker was not told before the channel is lost, it delivers again."""

    def __init__(self, channel: Channel, settings: Settings) -> None:
        self.channel = channel
        self._wait_s = settings.rabbitmq_ack_wait_s
        self._at_once = max(1, min(settings.rabbitmq_acks_joined, settings.stored_in_flight // 2))
        self._settled: set[int] = set()
        self._returned: set[int] = set()
        self._told: set[int] = set()
        """Tags above `_done_to` of which the broker knows."""
        self._done_to = 0
        self._held: dict[int, asyncio.TimerHandle] = {}
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def ack(self, tag: int) -> None:
        """This one is done."""
        if not self._closed:
            self._settled.add(tag)
            self._tell_soon()

    def nack(self, tag: int) -> None:
        """Deliver this one again."""
        if not self._closed:
            self._returned.add(tag)
            self._tell_soon()

    def nack_later(self, tag: int, delay_s: float) -> None:
        """Deliver this one again, after `delay_s`; there are never more of them than the broker gave us."""
        if delay_s <= 0:
            self.nack(tag)
        elif not self._closed:
            self._held[tag] = asyncio.get_running_loop().call_later(delay_s, self._release, tag)

    async def flush(self, timeout_s: float) -> None:
        """Returns when everything settled was handed over."""
        if self._settled or self._returned:
            self._tell()
        if self._telling is not None:
            await asyncio.wait((self._telling,), timeout=timeout_s)

    def close(self) -> None:
        """Nothing more is told: the broker takes back what it was not told of. Idempotent."""
        self._closed = True
        self._stop_timer()
        for timer in self._held.values():
            timer.cancel()
        self._held.clear()
        self._settled.clear()
        self._returned.clear()
        if self._telling is not None:
            self._telling.cancel()

    def _release(self, tag: int) -> None:
        del self._held[tag]
        self.nack(tag)

    def _tell_soon(self) -> None:
        if len(self._settled) + len(self._returned) >= self._at_once:
            self._tell()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._wait_s, self._tell)

    def _tell(self) -> None:
        self._stop_timer()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all(), name="acknowledge")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _tell_all(self) -> None:
        try:
            with broker_errors("acknowledging"):
                while self._settled or self._returned:
                    await self._tell_settled()
                    await self._tell_returned()
        except OverlayError:
            self._settled.clear()  # the channel is gone: the broker delivers them again
            self._returned.clear()

    async def _tell_settled(self) -> None:
        settled, self._settled = self._settled, set()
        last = self._end_of_sequence(settled)
        if last:
            await self.channel.basic_ack(last, multiple=True, wait=False)
        for tag in settled:
            if tag > last:
                await self.channel.basic_ack(tag, wait=False)

    def _end_of_sequence(self, settled: set[int]) -> int:
        """The last of `settled` up to which every message is done, or 0; the broker is told of all by it."""
        last = 0
        self._told |= settled
        while (tag := self._done_to + 1) in self._told:
            self._told.remove(tag)
            self._done_to = tag
            if tag in settled:
                last = tag
        return last

    async def _tell_returned(self) -> None:
        returned, self._returned = self._returned, set()
        self._told |= returned
        for tag in sorted(returned):
            await self.channel.basic_nack(tag, requeue=True, wait=False)
