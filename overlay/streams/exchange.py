"""The two ways of one stream in this process: what comes, and words and frames that go (AG-8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from overlay.clock import Clock
from overlay.errors import Failed, NotPermitted, OverlayError, Unreachable
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.streams.frame import Beat, Casting, End, Frame, Seen, Talk, encode_frame, encode_talk
from overlay.streams.incoming import Incoming
from overlay.streams.offer import Offer
from overlay.streams.quality import Quality, quality_of, worst

Carry = Callable[[bytes, float], Awaitable[None]]
"""A body to the other side, worth so many seconds."""
TALK_S = 5.0


@dataclass(slots=True)
class _Reader:
    """One who hears what we send."""

    seen: Seen = field(default_factory=Seen)
    quality: Quality = field(default_factory=Quality)
    heard_at: float = 0.0


class Exchange:
    """The library's side of a `Stream`."""

    def __init__(self, offer: Offer, peer: PartyId, settings: Settings, clock: Clock) -> None:
        self.offer = offer
        self.peer = peer
        self.incoming = Incoming(
            offer.late_ms / 1000, settings, clock, first=0 if offer.channel is not None else 1
        )
        self.slot = ""
        """The process that frames of ours go to."""
        self.heard_at = clock()
        self.ended: OverlayError | None = None
        """Why nothing more can be sent."""
        self.closed = asyncio.Event()
        self._carry: Carry | None = None
        self._sends = False
        self._clock = clock
        self._readers: dict[PartyId, _Reader] = {}
        self._most = settings.stream_listeners
        self._number = 0
        self._echo = (0, 0.0)

    @property
    def quality(self) -> Quality:
        """How what we send arrives: at the worst off."""
        return worst([reader.quality for reader in self._readers.values()])

    def carry_by(self, carry: Carry, *, sends: bool = True) -> None:
        """How words of ours go, and frames, where it `sends`."""
        self._carry, self._sends = carry, sends

    def check_sends(self) -> None:
        """Raises why no frame of ours can go."""
        if self.ended is not None:
            raise self.ended
        if self._carry is None or not self._sends:
            raise NotPermitted(f"what is published in {self.peer} is read only: its publisher sends")

    async def frame(self, data: bytes, captured: float, left_s: float) -> None:
        """To the other side, with the next number. Raises Unreachable."""
        assert self._carry is not None
        self._number += 1
        await self._carry(encode_frame(self.offer.id, Frame(data, self._number, captured)), left_s)

    async def leave(self, reason: str) -> None:
        """Say so, and end. Idempotent."""
        if self.ended is None:
            await self.say(End(self._number, reason))
            self.over(Unreachable("this stream was ended here"), None)

    async def say(self, talk: Talk) -> None:
        """To the other side, once: what is lost of it is said again with the next beat."""
        if self._carry is not None:
            try:
                await self._carry(encode_talk(self.offer.id, talk), TALK_S)
            except OverlayError:
                if not isinstance(talk, End):
                    raise

    def beat(self, slot: str) -> Beat:
        """What we say from time to time."""
        now, (echo, heard_at) = self._clock(), self._echo
        held = int((now - heard_at) * 1e6) if echo else 0
        return Beat(slot, int(now * 1e6), self.incoming.seen, echo, held)

    def heard(self, sender: PartyId, talk: Talk) -> None:
        """A word of the other side, or of one listener."""
        now = self._clock()
        match talk:
            case Beat(slot, at, seen, echo, held):
                self.slot, self._echo = slot, (at, now)
                if echo:
                    self.incoming.timing.compared(echo / 1e6, (at - held) / 1e6, at / 1e6, now)
                self._judge(sender, seen)
            case Casting(slot):
                self.slot = slot
            case End(last, reason):
                why = Failed(f"{sender} broke the stream off: {reason}") if reason else None
                self.over(Unreachable(f"{sender} ended the stream"), why, last)
        self.heard_at = now

    def listened(self, sender: PartyId, talk: Talk) -> None:
        """A word of one who listens to what we publish in a channel."""
        if isinstance(talk, Beat):
            self._judge(sender, talk.seen)
        elif isinstance(talk, End):
            self._readers.pop(sender, None)

    def over(self, ended: OverlayError, why: OverlayError | None, last: int = 0) -> None:
        """It has ended: sending raises `ended`, reading `why` (None: it just ends)."""
        if self.ended is None:
            self.ended = ended
        self.incoming.end(last, why)
        self.closed.set()

    def _judge(self, sender: PartyId, seen: Seen) -> None:
        reader = self._readers.get(sender)
        if reader is None:
            if len(self._readers) >= self._most:
                del self._readers[min(self._readers, key=lambda one: self._readers[one].heard_at)]
            reader = self._readers[sender] = _Reader()
        reader.quality, reader.seen = quality_of(seen, reader.seen), seen
        reader.heard_at = self._clock()

    def forget_silent(self, since: float) -> None:
        """Listeners that said nothing since then are gone."""
        for party in [party for party, reader in self._readers.items() if reader.heard_at < since]:
            del self._readers[party]
