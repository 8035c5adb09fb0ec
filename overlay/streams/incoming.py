"""The frames that come in one stream, from the network to the application."""

from __future__ import annotations

import asyncio

from overlay.clock import Clock
from overlay.errors import OverlayError, TooLarge
from overlay.settings import Settings
from overlay.streams.buffer import JitterBuffer
from overlay.streams.frame import Frame, Seen
from overlay.streams.timing import Timing
from overlay.token_bucket import TokenBucket


class Incoming:
    """Of one sender. `late_s`: how old a frame may be when the application gets it."""

    def __init__(self, late_s: float, settings: Settings, clock: Clock, *, first: int = 1) -> None:
        self.timing = Timing()
        self.over_rate = 0
        """Frames beyond `stream_frames_per_s`: dropped at once."""
        self._late_s = late_s
        self._clock = clock
        self._largest = settings.stream_frame_bytes
        gap_s = min(settings.stream_gap_ms / 1000, late_s / 2)
        self._buffer = JitterBuffer(settings.stream_frames, gap_s, first)
        rate = settings.stream_frames_per_s
        self._rate = TokenBucket(rate, rate, clock())
        self._some = asyncio.Event()
        self._last = 0
        self._ended = False
        self._why: OverlayError | None = None

    @property
    def seen(self) -> Seen:
        """What reached us so far."""
        tally, timing = self._buffer.tally, self.timing
        waiting = len(self._buffer)
        return Seen(
            tally.received + waiting,
            tally.late,
            tally.lost,
            tally.dropped + self.over_rate,
            round(timing.jitter_s * 1000, 3),
            round(timing.lag_s * 1000, 3),
            self._last,
        )

    def frame(self, frame: Frame) -> None:
        """One that came. Raises TooLarge."""
        now = self._clock()
        if len(frame.data) > self._largest:
            raise TooLarge(f"a frame is at most {self._largest} bytes (stream_frame_bytes)")
        if not self._rate.take(now):
            self.over_rate += 1
            return
        self._last = max(self._last, frame.number)
        taken = self.timing.arrived(frame.captured, now)
        self._buffer.put(frame, taken + self._late_s, now)
        self._some.set()

    def end(self, last: int, why: OverlayError | None = None) -> None:
        """Nothing more comes. What waits is given out still, then `why` is raised. Idempotent."""
        if self._ended:
            return
        self._ended, self._why = True, why
        if last:
            self._buffer.end(last)
        self._some.set()

    async def next(self) -> Frame | None:
        """The next one; None: there is none any more. Raises why the stream was broken off."""
        while True:
            now = self._clock()
            frame = self._buffer.take(now)
            if frame is not None:
                return frame
            wake_at = self._buffer.wake_at(now)
            if self._ended and wake_at is None:
                if self._why is not None:
                    raise self._why
                return None
            self._some.clear()
            try:
                async with asyncio.timeout(None if wake_at is None else max(0.0, wake_at - now) + 0.001):
                    await self._some.wait()
            except TimeoutError:
                continue  # those after a missing one have waited for long enough
