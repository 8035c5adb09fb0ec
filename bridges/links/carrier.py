"""The frames of one line: packed, sealed, counted and timed on their way out; opened when they come in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from bridges.frames.frame import Item, Message, Summary
from bridges.frames.packing import Packing
from bridges.links.link_session import LinkSession
from bridges.links.quality import PathLosses, Quality
from overlay.settings import Settings


class Carrier:
    """`losses`: of the way that the line takes, so far."""

    def __init__(
        self,
        session: LinkSession,
        send: Callable[[bytes], Awaitable[None]],
        settings: Settings,
        losses: PathLosses | None,
    ) -> None:
        self.quality = Quality(losses or PathLosses(), time.monotonic())
        self.packing = Packing(settings.link_compress_bytes)
        self.messages = Counter[str]()
        """How many went `out`, and came `in`."""
        self.suspect = False
        """The peer did not answer, and nothing was heard since: its process may have begun anew."""
        self._session = session
        self._send = send
        self._settings = settings

    @property
    def doubtful(self) -> bool:
        """Whether the peer does not answer as it did."""
        now, settings = time.monotonic(), self._settings
        if now - self.quality.heard_at > 2 * settings.link_heartbeat_s:
            return True
        return self.quality.doubtful(settings.link_doubt_s, now)

    @property
    def silent_s(self) -> float:
        """For how long nothing came."""
        return time.monotonic() - self.quality.heard_at

    async def send(self, items: Sequence[Item]) -> None:
        """One frame. Raises OverlayError."""
        slow = self.quality.rtt_s >= self._settings.link_compress_slow_s
        frame = self.packing.frame(items, slow=slow)
        count = sum(isinstance(item, Message) for item in items)
        self.messages["out"] += count
        answered = bool(count) or any(isinstance(item, Summary) for item in items)
        self.quality.sent(self._session.sent, len(frame), time.monotonic(), answered=answered)
        await self._send(self._session.seal(frame))

    def opened(self, data: bytes) -> bytes:
        """Raises what `LinkSession.open` raises."""
        frame = self._session.open(data)
        self.quality.heard(len(data), time.monotonic())
        self.suspect = False
        return frame

    def probing(self) -> int:
        """What a sign of life says for the echo to be known again."""
        now = time.monotonic()
        self.quality.probed(now)
        return int(now * 1e6)

    def echoed(self, sent: int) -> None:
        """The echo of a sign of life came."""
        self.quality.echoed(sent / 1e6, time.monotonic())

    def acknowledged(self, frames: int) -> None:
        """The peer has handled so many frames."""
        self.quality.acknowledged(frames, time.monotonic())
