"""The channels that this agent records, without a key: what is published is handed over as it came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from overlay.channels.charter import RECORDER
from overlay.channels.client import ChannelsClient
from overlay.channels.protocol import ChannelLine
from overlay.channels.roster import Roster, known_roster
from overlay.endpoint.caught import Caught
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadEnvelope, NotFound, NotPermitted, OverlayError, Unavailable
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import Class, ToChannel, parse_subject
from overlay.transport.contract import Delivery, Stored
from overlay.wire.envelope import Envelope, decode_envelope


class Sealed(NamedTuple):
    """A reliable publication. Acknowledge `stored` when it is on the disk. It may come twice: `sender` and
    `id` say so.
    """

    channel: PartyId
    sender: PartyId
    id: bytes
    envelope: bytes
    stored: Stored


OnSealed = Callable[[Sealed], Awaitable[None]]
OnRoster = Callable[[Roster], Awaitable[None]]


async def _not_yet(_: object) -> None:
    raise NotFound("nobody records yet")


async def _nothing(_: Roster) -> None:
    """Nobody wants to know."""


class Recording:
    """Of one process. The registry of our domain, the channels' home, says which these are."""

    def __init__(
        self, endpoint: Endpoint, client: ChannelsClient, read: Callable[[], Awaitable[None]]
    ) -> None:
        """`read`: our inbox is to cover other channels."""
        self._endpoint = endpoint
        self._client = client
        self._read = read
        self._rosters: dict[PartyId, Roster] = {}
        self.on_sealed: OnSealed = _not_yet
        """Gets what is published; what it raises makes it come again."""
        self.on_roster: OnRoster = _nothing
        """Gets each roster that is new, also the one that says that a channel is over."""

    @property
    def channels(self) -> list[PartyId]:
        """Those that we record."""
        return sorted(self._rosters)

    def roster(self, channel: PartyId) -> Roster | None:
        """What a channel that we record is, as far as we heard."""
        return self._rosters.get(channel)

    async def begin(self, lines: Iterable[ChannelLine]) -> None:
        """Our registry names the channels that we are in. Raises what it raises."""
        named = {PartyId.parse(line.channel): line.version for line in lines}
        changed = {name for name, version in named.items() if self._version(name) < version}
        for name in sorted(changed):
            await self.look(name)
        for name in [name for name in self._rosters if name not in named]:
            del self._rosters[name]

    async def look(self, channel: PartyId) -> Roster | None:
        """What our registry says that it is now; None: we do not record it. Raises what asking raises."""
        try:
            told = await self._client.show(str(channel))
        except NotFound:
            over = self._rosters.pop(channel, None)
            if over is not None:
                await self.on_roster(over)
            return None
        if told.roster:
            await self._take(known_roster(told.roster))
        return self._rosters.get(channel)

    async def told(self, roster: Roster) -> None:
        """By its owner or a deputy, checked; the registry knew it first. Raises what asking raises."""
        await self.look(roster.id)

    async def arrived(self, channel: PartyId, delivery: Delivery, stored: Stored | None) -> bool:
        """From the broker; whether we record it."""
        if self._endpoint.me.name != RECORDER:
            return False
        try:
            if self.roster(channel) is None and await self.look(channel) is None:
                return False
            if stored is None:
                return True  # realtime: nothing of it is kept
            sealed = await self._check(channel, delivery, stored)
        except OverlayError as error:
            await self._not_taken(error, stored)
            return True
        with Caught() as caught:
            await self.on_sealed(sealed)
        if caught.error is not None:
            self._endpoint.counters["channel-not-recorded"] += 1
            await stored.again(self._endpoint.settings.handler_backoff_s)
        return True

    async def _not_taken(self, error: OverlayError, stored: Stored | None) -> None:
        self._endpoint.counters[f"channel-{error.reason}"] += 1
        if stored is None:
            return
        if isinstance(error, Unavailable):  # the registry is away
            await stored.again(self._endpoint.settings.handler_backoff_s)
        else:
            await stored.ack()

    async def _check(self, channel: PartyId, delivery: Delivery, stored: Stored) -> Sealed:
        envelope = decode_envelope(delivery.payload)
        sender = PartyId.parse(envelope.header.sender)
        _check_place(channel, sender, delivery.subject, envelope, self._endpoint.me.domain)
        await self.check_publisher(channel, sender)
        return Sealed(channel, sender, envelope.header.id, delivery.payload, stored)

    async def check_publisher(self, channel: PartyId, sender: PartyId) -> None:
        """Raises NotPermitted for who may not publish in it; what asking the registry raises."""
        for roster in (self._rosters.get(channel), None):
            member = (roster or await self.look(channel) or _NOBODY).member(sender)
            if member is not None and member.publish:
                return
        raise NotPermitted(f"{sender} may not publish in {channel}")

    def _version(self, name: PartyId) -> int:
        roster = self._rosters.get(name)
        return 0 if roster is None else roster.version

    async def _take(self, roster: Roster) -> None:
        member = roster.member(self._endpoint.me)
        known = self._rosters.get(roster.id)
        if member is None or not member.record or (known is not None and roster.rank <= known.rank):
            return
        self._rosters[roster.id] = roster
        if known is None:
            await self._read()
        await self.on_roster(roster)


_NOBODY = Roster("nobody@nowhere.example", "nobody@nowhere.example", 1, ())


def _check_place(channel: PartyId, sender: PartyId, arrived: str, envelope: Envelope, domain: str) -> None:
    """That the broker, or our gateway, says who published it. Raises BadEnvelope."""
    subject, header = parse_subject(arrived), envelope.header
    fits = (
        isinstance(subject, ToChannel)
        and (subject.channel, subject.home) == (channel.name, channel.domain)
        and (subject.cls, subject.priority) == (header.cls, header.priority)
        and subject.sender == (sender.name if sender.domain == domain else GATEWAY)
        and header.to == str(channel)
        and header.cls is Class.RELIABLE
    )
    if not fits:
        raise BadEnvelope(f"a message that claims to be from {sender} does not belong on {arrived}")
