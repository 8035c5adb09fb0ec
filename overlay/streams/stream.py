"""A live stream in a program: send frames, read those of the other side, know how they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from overlay.clock import Clock
from overlay.errors import BadInput, Failed, NotPermitted, OverlayError, TooLarge, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.streams.frame import Beat, Casting, End, Frame, Seen, Talk, encode_frame, encode_talk
from overlay.streams.incoming import Incoming
from overlay.streams.quality import Quality, quality_of, worst

Carry = Callable[[bytes, float], Awaitable[None]]
"""A body to the other side, worth so many seconds."""
TALK_S = 5.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What a stream is, before it is taken."""

    id: bytes
    sender: PartyId
    media_type: str
    late_ms: int
    group: str = ""
    """Streams of one group belong together: the sound and the picture of one call."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What its sender says of it: codec parameters, a title."""
    channel: PartyId | None = None
    """Where it was published; None: it is for us alone."""


@dataclass(slots=True)
class _Reader:
    """One who hears what we send."""

    seen: Seen = field(default_factory=Seen)
    quality: Quality = field(default_factory=Quality)
    heard_at: float = 0.0


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
        self.incoming = Incoming(
            offer.late_ms / 1000, settings, clock, first=0 if offer.channel is not None else 1
        )
        self.slot = ""
        """The process that frames of ours go to."""
        self.heard_at = clock()
        self.sent = 0
        """Frames that went."""
        self.too_late = 0
        """Frames that were too old when `send` was called, and did not go."""
        self.ended: OverlayError | None = None
        """Why nothing more can be sent."""
        self._carry: Carry | None = None
        self._sends = False
        self._largest = min(settings.stream_frame_bytes, settings.max_body_bytes // 2)
        self._clock = clock
        self._readers: dict[PartyId, _Reader] = {}
        self._most = settings.stream_listeners
        self._number = 0
        self._echo = (0, 0.0)
        self.closed = asyncio.Event()
        """Set when the stream has ended."""

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
        return worst([reader.quality for reader in self._readers.values()])

    @property
    def statistics(self) -> Seen:
        """How what the other side sends arrives here."""
        return self.incoming.seen

    async def send(self, data: bytes, *, captured: float | None = None) -> bool:
        """One frame, taken now or when `captured` says (seconds since 1970, by our clock). False: it is older
        than `late_ms`, and did not go. Returns when the broker took it; there is no word of single frames.

            await stream.send(opus_packet)

        Raises why the stream has ended; TooLarge, Unreachable.
        """
        if self.ended is not None:
            raise self.ended
        if self._carry is None or not self._sends:
            raise NotPermitted(f"what is published in {self.peer} is read only: its publisher sends")
        if len(data) > self._largest:
            raise TooLarge(f"a frame is at most {self._largest} bytes (stream_frame_bytes)")
        now = self._clock()
        taken = now if captured is None else captured
        left_s = taken + self.offer.late_ms / 1000 - now
        if left_s <= 0:
            self.too_late += 1
            return False
        self._number += 1
        await self._carry(encode_frame(self.id, Frame(data, self._number, taken)), left_s)
        self.sent += 1
        return True

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self._frames()

    async def end(self) -> None:
        """Nothing more comes of us or of the other side. Idempotent.

        await stream.end()
        """
        await self._leave("")

    async def abort(self, reason: str) -> None:
        """The same, because something is wrong: the other side reads Failed with this reason.

            await stream.abort("the camera is gone")

        Raises BadInput for an empty reason.
        """
        if not reason:
            raise BadInput("say why the stream is broken off")
        await self._leave(reason[:500])

    async def _frames(self) -> AsyncIterator[Frame]:
        while (frame := await self.incoming.next()) is not None:
            yield frame

    async def _leave(self, reason: str) -> None:
        if self.ended is not None:
            return
        await self.say(End(self._number, reason))
        self.over(Unreachable("this stream was ended here"), None)

    # -- the library's -----------------------------------------------------------------------------------
    def carry_by(self, carry: Carry, *, sends: bool = True) -> None:
        """How words of ours go, and frames, where it `sends`."""
        self._carry, self._sends = carry, sends

    async def say(self, talk: Talk) -> None:
        """To the other side, once: what is lost of it is said again with the next beat."""
        if self._carry is not None:
            try:
                await self._carry(encode_talk(self.id, talk), TALK_S)
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
