"""All live streams of one process of an agent: opened, taken, kept alive, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from overlay.beside import Beside
from overlay.content.media_type import check_media_type
from overlay.content.modality import handling_of, modality_of
from overlay.endpoint.caught import Caught
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler, Message
from overlay.endpoint.verifier import Verified
from overlay.errors import BadInput, NotPermitted, OverlayError, Overloaded, Refused, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.streams.frame import (
    TOPIC,
    End,
    Frame,
    Opened,
    Opening,
    Talk,
    decode,
    decode_opened,
    decode_opening,
    encode_opening,
)
from overlay.streams.offer import Offer
from overlay.streams.stream import Stream
from overlay.streams.takers import OnStream, Taker, Takers
from overlay.trust.keys import new_id

Key = tuple[PartyId, bytes]
MOST_LATE_MS = 60_000
MOST_ABOUT = 4096
"""Characters of what an offer says of a stream."""


class Streams:
    """A `Work`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.takers = Takers()
        """Which function of the application takes which streams."""
        self.open_ones: dict[Key, Stream] = {}
        """By the other side and ID."""
        self.taken: set[Key] = set()
        """Of these, those that the other side opened."""
        self._handling = Beside("stream")
        self.beats: list[Callable[[], Awaitable[None]]] = [self._beat]
        """What is done each `stream_heartbeat_s`."""
        self.listens: Callable[[Stream, PartyId], bool] = lambda *_: False
        """Whether somebody is in the channel that a stream of ours is published in."""
        endpoint.processes.take(TOPIC, self._arrived)

    # -- the agent's -------------------------------------------------------------------------------------
    async def open(
        self,
        to: PartyId,
        media_type: str,
        *,
        late_ms: int | None,
        priority: Priority | None,
        group: str,
        about: Mapping[str, str],
    ) -> Stream:
        """See `Agent.open_stream`."""
        endpoint, clock = self._endpoint, self._endpoint.party.clock
        offer = self.offer(media_type, late_ms, group, about)
        self.check_room()
        stream = self.make(offer, to, priority)
        opening = Opening(offer.id, media_type, offer.late_ms, group, endpoint.slot, dict(about))
        self.open_ones[to, offer.id] = stream
        try:
            asked = clock()
            answer = await endpoint.ask(to, encode_opening(opening), topic=TOPIC, priority=stream.priority)
            opened, came = decode_opened(answer.body), clock()
            stream.exchange.slot = opened.slot
            stream.exchange.incoming.timing.compared(asked, opened.at / 1e6, opened.at / 1e6, came)
            self._between(stream)
            await stream.exchange.say(stream.exchange.beat(endpoint.slot))
        except BaseException:
            self.forget((to, offer.id))
            raise
        stream.exchange.heard_at = clock()
        return stream

    def offer(self, media_type: str, late_ms: int | None, group: str, about: Mapping[str, str]) -> Offer:
        """Of ours. Raises BadInput."""
        late = self._endpoint.settings.stream_late_ms if late_ms is None else late_ms
        checked = check_media_type(media_type)
        return check_offer(Offer(new_id(), self._endpoint.me, checked, late, group, about))

    def make(self, offer: Offer, peer: PartyId, priority: Priority | None) -> Stream:
        """Not open yet. The priority is that of its modality, unless it is said."""
        settings = self._endpoint.settings
        usual = handling_of(modality_of(offer.media_type, live=True), settings).priority
        return Stream(offer, peer, priority or usual, settings, self._endpoint.party.clock)

    def check_room(self, sender: PartyId | None = None) -> None:
        """For one more; of those that `sender` opened. Raises Overloaded."""
        settings = self._endpoint.settings
        if len(self.open_ones) >= settings.streams_at_once:
            raise Overloaded(f"{settings.streams_at_once} streams are open here (streams_at_once)", 1.0)
        its = sum(party == sender for party, _ in self.taken)
        if sender is not None and its >= settings.streams_per_party:
            raise Overloaded(f"{its} streams of {sender} are open here (streams_per_party)", 1.0)

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {TOPIC: self.handle}

    async def begin(self) -> None:
        """See `overlay.agent.work`."""

    async def run(self) -> None:
        """See `overlay.agent.work`."""
        while True:
            await asyncio.sleep(self._endpoint.settings.stream_heartbeat_s)
            for beat in self.beats:
                await beat()

    async def close(self) -> None:
        """See `overlay.agent.work`."""
        for stream in list(self.open_ones.values()):
            await stream.end()
        await self._handling.close()

    async def handle(self, message: Message) -> bytes:
        """Somebody opens a stream. Raises BadInput, Refused (nobody here takes such), Overloaded."""
        opening = decode_opening(message.body)
        offer = Offer(
            opening.id, message.sender, opening.media_type, opening.late_ms, opening.group, opening.about
        )
        check_offer(offer)
        key = message.sender, offer.id
        if key in self.open_ones:
            raise Refused("this stream is open already")
        taker = self.takers.of(offer.media_type)
        self.check_room(message.sender)
        await taker.accept(offer)
        stream = self.make(offer, message.sender, message.priority)
        stream.exchange.slot = opening.slot
        self._between(stream)
        self.give(key, stream, taker)
        at = int(self._endpoint.party.clock() * 1e6)
        return encode_opening(Opened(self._endpoint.slot, at))

    def give(self, key: Key, stream: Stream, taker: Taker) -> None:
        """A stream that somebody opened, to the application."""
        self.open_ones[key] = stream
        self.taken.add(key)
        self._handling.begin(self._run(key, stream, taker.handle))

    async def send(self, to: PartyId, slot: str, priority: Priority, body: bytes, left_s: float) -> None:
        """To one process of another agent."""
        await self._endpoint.processes.send(to, slot, body, topic=TOPIC, priority=priority, left_s=left_s)

    def end(self, key: Key, error: OverlayError) -> None:
        """It is broken off, from here."""
        stream = self.open_ones.get(key)
        if stream is not None:
            stream.exchange.over(error, error)
            self.forget(key)

    def _between(self, stream: Stream) -> None:
        async def carry(body: bytes, left_s: float) -> None:
            await self.send(stream.peer, stream.exchange.slot, stream.priority, body, left_s)

        stream.exchange.carry_by(carry)

    async def _run(self, key: Key, stream: Stream, handle: OnStream) -> None:
        with Caught() as caught:
            await handle(stream)
        if caught.error is not None:
            if not isinstance(caught.error, OverlayError):
                log_error(f"handler of a stream of {stream.offer.sender}", caught.error)
            await stream.abort("its handler failed")
        await stream.end()
        self.forget(key)

    async def _arrived(self, verified: Verified) -> None:
        """For this process alone: a frame or a word, of a stream that is open, by its other side."""
        sender, counters = verified.sender.party, self._endpoint.counters
        try:
            stream_id, what = decode(verified.content.body)
        except BadInput as error:
            counters[f"stream-{error.reason}"] += 1
            return
        key = sender, stream_id
        stream = self.open_ones.get(key)
        if stream is None:
            self._listener(sender, stream_id, what)
        elif isinstance(what, Frame) and stream.offer.channel is None:
            self.frame(stream, what)
        elif isinstance(what, Frame):  # what is published comes by the channel
            counters["stream-unknown"] += 1
        elif key in self.taken and not self._endpoint.processes.permits(verified):
            await self.say(stream, End(0, "not permitted any more"))
            self.end(key, NotPermitted(f"{sender} may not send streams here any more"))
        else:
            stream.exchange.heard(sender, what)
            if isinstance(what, End):
                self.forget(key)

    def _listener(self, sender: PartyId, stream_id: bytes, what: Frame | Talk) -> None:
        cast = self.open_ones.get((self._endpoint.me, stream_id))
        if cast is None or isinstance(what, Frame) or not self.listens(cast, sender):
            self._endpoint.counters["stream-unknown"] += 1
        else:
            cast.exchange.listened(sender, what)

    def frame(self, stream: Stream, frame: Frame) -> None:
        """One more; what is too large is counted."""
        try:
            stream.exchange.incoming.frame(frame)
        except OverlayError as error:
            self._endpoint.counters[f"stream-{error.reason}"] += 1

    async def _beat(self) -> None:
        settings, now = self._endpoint.settings, self._endpoint.party.clock()
        for key, stream in list(self.open_ones.items()):
            mine = key not in self.taken and stream.offer.channel is not None
            if not mine and stream.exchange.heard_at < now - settings.stream_silence_s:
                self.end(key, Unreachable(f"{stream.peer} has been silent for too long"))
                self._endpoint.counters["stream-silent"] += 1
            elif stream.ended is not None:
                self.forget(key)
            elif not mine:  # else it is said in the channel
                await self.say(stream, stream.exchange.beat(self._endpoint.slot))

    async def say(self, stream: Stream, talk: Talk) -> None:
        """It is said again soon, so what goes wrong is counted."""
        try:
            await stream.exchange.say(talk)
        except OverlayError as error:
            self._endpoint.counters[f"stream-unsaid-{error.reason}"] += 1

    def forget(self, key: Key) -> None:
        """It has ended."""
        self.open_ones.pop(key, None)
        self.taken.discard(key)


def check_offer(offer: Offer) -> Offer:
    """Raises BadInput."""
    check_media_type(offer.media_type)
    if not 1 <= offer.late_ms <= MOST_LATE_MS:
        raise BadInput(f"a stream's frames may be 1 to {MOST_LATE_MS} milliseconds late (late_ms)")
    size = len(offer.group) + sum(len(key) + len(value) for key, value in offer.about.items())
    if size > MOST_ABOUT:
        raise BadInput(f"what is said of a stream has at most {MOST_ABOUT} characters")
    return offer
