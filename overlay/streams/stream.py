"""A live stream in a program: send frames, read those of the other side, know how they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, TooLarge
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.streams.exchange import Exchange
from overlay.streams.frame import Frame, Seen
from overlay.streams.offer import Offer
from overlay.streams.quality import Quality


class Stream:
    """Both sides send and read. `async for frame in stream`: in order, none older than `late_ms`; ends with
    the stream. Made by `Agent.open_stream` and given to the handlers of `Agent.on_stream`.
    """

    def __init__(
        self, offer: Offer, peer: PartyId, priority: Priority, settings: Settings, clock: Clock
    ) -> None:
        self.offer = offer
        self.peer = peer
        """The other side: an agent, or a channel."""
        self.priority = priority
        self.sent = 0
        """Frames that went."""
        self.too_late = 0
        """Frames that were too old when `send` was called, and did not go."""
        self.exchange = Exchange(offer, peer, settings, clock)
        """What the library does with it."""
        self._largest = min(settings.stream_frame_bytes, settings.max_body_bytes // 2)
        self._clock = clock

    @property
    def id(self) -> bytes:
        """16 random bytes."""
        return self.offer.id

    @property
    def media_type(self) -> str:
        """Of its frames."""
        return self.offer.media_type

    @property
    def quality(self) -> Quality:
        """How what we send arrives, by the receiver's latest word; of a channel, by the worst off.

        if not stream.quality.good: bitrate = bitrate * 3 // 4
        """
        return self.exchange.quality

    @property
    def statistics(self) -> Seen:
        """How what the other side sends arrives here."""
        return self.exchange.incoming.seen

    @property
    def ended(self) -> OverlayError | None:
        """Why nothing more can be sent; None: it goes on."""
        return self.exchange.ended

    @property
    def closed(self) -> asyncio.Event:
        """Set when the stream has ended: `await stream.closed.wait()`."""
        return self.exchange.closed

    async def send(self, data: bytes, *, captured: float | None = None) -> bool:
        """One frame, taken now or when `captured` says (seconds since 1970, by our clock). False: it is older
        than `late_ms`, and did not go. Returns when the broker took it; there is no word of single frames.

            await stream.send(opus_packet)

        Raises why the stream has ended; TooLarge, Unreachable.
        """
        self.exchange.check_sends()
        if len(data) > self._largest:
            raise TooLarge(f"a frame is at most {self._largest} bytes (stream_frame_bytes)")
        now = self._clock()
        taken = now if captured is None else captured
        left_s = taken + self.offer.late_ms / 1000 - now
        if left_s <= 0:
            self.too_late += 1
            return False
        await self.exchange.frame(data, taken, left_s)
        self.sent += 1
        return True

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self._frames()

    async def end(self) -> None:
        """Nothing more comes of us or of the other side. Idempotent.

        await stream.end()
        """
        await self.exchange.leave("")

    async def abort(self, reason: str) -> None:
        """The same, because something is wrong: the other side reads Failed with this reason.

            await stream.abort("the camera is gone")

        Raises BadInput for an empty reason.
        """
        if not reason:
            raise BadInput("say why the stream is broken off")
        await self.exchange.leave(reason[:500])

    async def _frames(self) -> AsyncIterator[Frame]:
        while (frame := await self.exchange.incoming.next()) is not None:
            yield frame
