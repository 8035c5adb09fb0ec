"""Streams in channels: one publishes, whoever is in the channel may listen, from any moment on."""

from __future__ import annotations

from collections.abc import Mapping

from overlay.channels.channel import Channel
from overlay.channels.groups import Groups
from overlay.channels.message import ChannelMessage
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, NotFound, OverlayError, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.streams.exchange import TALK_S
from overlay.streams.frame import Casting, End, Frame, Talk, decode, encode_talk
from overlay.streams.offer import Offer
from overlay.streams.stream import Stream
from overlay.streams.streams import Streams, check_offer


class Casts:
    """Of one process of an agent."""

    def __init__(self, endpoint: Endpoint, groups: Groups, streams: Streams) -> None:
        self._endpoint = endpoint
        self._groups = groups
        self._streams = streams
        streams.listens = self._listens
        streams.beats.append(self._beat)
        groups.frames = self._arrived

    async def open(
        self,
        channel: PartyId,
        media_type: str,
        *,
        late_ms: int | None,
        priority: Priority | None,
        group: str,
        about: Mapping[str, str],
    ) -> Stream:
        """See `Agent.open_stream`. Raises NotFound (we are not in it), NotPermitted (we only read)."""
        joined = self._channel(channel)
        plain = self._streams.offer(media_type, late_ms, group, about)
        offer = Offer(plain.id, plain.sender, media_type, plain.late_ms, group, about, channel)
        self._streams.check_room()
        stream = self._streams.make(offer, channel, priority)

        async def carry(body: bytes, left_s: float) -> None:
            await self._channel(channel).outgoing.cast(body, priority=stream.priority, left_s=left_s)

        stream.exchange.carry_by(carry)
        await joined.outgoing.cast(self._casting(stream), priority=stream.priority, left_s=TALK_S)
        self._streams.open_ones[self._endpoint.me, offer.id] = stream
        return stream

    def _channel(self, name: PartyId) -> Channel:
        for channel in self._groups.all():
            if channel.id == name:
                return channel
        raise NotFound(f"we are not in {name}: join it first")

    def _listens(self, stream: Stream, party: PartyId) -> bool:
        if stream.offer.channel is None:
            return False
        try:
            channel = self._channel(stream.offer.channel)
        except NotFound:
            return False
        return channel.membership.roster.member(party) is not None

    def _casting(self, stream: Stream) -> bytes:
        offer = stream.offer
        now = int(self._endpoint.party.clock() * 1e6)
        slot, about = self._endpoint.slot, dict(offer.about)
        said = Casting(slot, now, offer.media_type, offer.late_ms, offer.group, about)
        return encode_talk(offer.id, said)

    async def _beat(self) -> None:
        settings, now = self._endpoint.settings, self._endpoint.party.clock()
        for key, stream in list(self._streams.open_ones.items()):
            channel = stream.offer.channel
            if channel is None or key in self._streams.taken:
                continue
            stream.exchange.forget_silent(now - settings.stream_silence_s)
            try:
                joined = self._channel(channel)
                await self._groups.refresh(joined)
                await joined.outgoing.cast(self._casting(stream), priority=stream.priority, left_s=TALK_S)
            except NotFound as error:
                self._streams.end(key, Unreachable(str(error)))
            except OverlayError as error:
                self._endpoint.counters[f"stream-unsaid-{error.reason}"] += 1

    def _arrived(self, message: ChannelMessage) -> None:
        """What a member published of a stream: proved as all that is published in the channel."""
        counters = self._endpoint.counters
        try:
            stream_id, what = decode(message.body)
            self._take(message, stream_id, what)
        except OverlayError as error:
            counters[f"stream-{error.reason}"] += 1

    def _take(self, message: ChannelMessage, stream_id: bytes, what: Frame | Talk) -> None:
        key = message.sender, stream_id
        stream = self._streams.open_ones.get(key)
        if stream is None:
            if isinstance(what, Casting):
                self._listen(message, stream_id, what)
        elif stream.offer.channel != message.channel:
            raise BadInput("this stream is of another channel")
        elif isinstance(what, Frame):
            self._streams.frame(stream, what)
        else:
            stream.exchange.heard(message.sender, what)
            if isinstance(what, End):
                self._streams.forget(key)

    def _listen(self, message: ChannelMessage, stream_id: bytes, said: Casting) -> None:
        taker = self._streams.takers.find(said.media_type)
        if taker is None:
            return
        self._streams.check_room(message.sender)
        offer = Offer(
            stream_id, message.sender, said.media_type, said.late_ms, said.group, said.about, message.channel
        )
        stream = self._streams.make(check_offer(offer), message.sender, message.priority)
        stream.exchange.slot = said.slot

        async def carry(body: bytes, left_s: float) -> None:
            await self._streams.send(stream.peer, stream.exchange.slot, stream.priority, body, left_s)

        stream.exchange.carry_by(carry, sends=False)
        self._streams.give((message.sender, stream_id), stream, taker)
