"""All channels of one process of an agent: created, joined, kept up with, left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from overlay.channels.active import Active
from overlay.channels.channel import Channel
from overlay.channels.charter import RECORDER, May
from overlay.channels.client import ChannelsClient
from overlay.channels.following import Following
from overlay.channels.founding import Founding, invitable
from overlay.channels.invitations import Invitations
from overlay.channels.joining import Joining
from overlay.channels.membership import Membership
from overlay.channels.message import FRAME, ChannelMessage
from overlay.channels.newest import Newest
from overlay.channels.owning import Owning
from overlay.channels.presence import Presence
from overlay.channels.reading import Reading
from overlay.channels.recorded import Recorded
from overlay.channels.recording import OnSealed, Recording
from overlay.channels.talk import (
    TOPIC,
    AskKey,
    Gone,
    Invite,
    Join,
    Left,
    Record,
    Shared,
    Slow,
    Turn,
    decode_talk,
    encode_talk,
)
from overlay.channels.vault import Vault
from overlay.clock import DAY_S
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler, Message
from overlay.errors import NotFound, NotPermitted, OverlayError, Refused
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import ToChannel, parse_subject
from overlay.registry.client import RegistryClient
from overlay.transport.contract import Delivery, Stored

_log = logging.getLogger("overlay.channels")


class Groups:
    """`begin` it when the agent reads its inbox, keep `run` running, `close` it."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient, folder: Path | None) -> None:
        """`folder`: where rosters and secrets are kept; None: nowhere."""
        self._endpoint = endpoint
        self._client = ChannelsClient(registry)
        self.vault = Vault(folder)
        """What is kept of them."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._active = Active(endpoint, self.vault, self._open, self._lack_key, self._announced, self.watch)
        self._following = Following(endpoint, self._client, self.vault, self._active, self.watch)
        self._newest = Newest(endpoint, self._active, self._following.ask_owner)
        self.owning = Owning(endpoint, self._client, self.vault, self._active.adopt, self._following.learn)
        """What it does with channels that it owns, or is a deputy of."""
        self._newest.catch_up = self.owning.newest
        self.invitations = Invitations(folder, endpoint.settings.channels_per_owner)
        """Those of its own."""
        parts = self.vault, self._active, self._following, self.invitations
        self._joining = Joining(endpoint, self._client, *parts)
        self.recording = Recording(endpoint, self._client, self._active.read)
        """The channels that it records, without a key."""
        self._active.recorded = lambda: self.recording.channels
        self.frames: Callable[[ChannelMessage], None] | None = None
        """Who takes the frames of streams that are published in channels."""
        endpoint.channels.use(self)

    # -- the agent's -------------------------------------------------------------------------------------
    async def create(self, name: str, founding: Founding) -> Channel:
        """A channel of our domain that we own."""
        me, now = self._endpoint.me, self._endpoint.party.clock()
        roster = founding.roster(PartyId.of(name, me.domain), me, now)
        await self.owning.create(roster, founding.invited, founding.named)
        await self._active.read()
        for one in (*founding.invited, *founding.named):
            await self.owning.invite(roster.id, one, founding.invited.get(one))
        return self._known(roster.id)

    async def join(self, channel: PartyId, owner: PartyId | None) -> Channel:
        """Be in it. Raises NotFound, NotPermitted, and what asking its owner raises."""
        await self._active.refresh(channel)
        if self._active.get(channel) is None:
            await self._joining.join(channel, owner)
        return self._known(channel)

    def record_by(self, callback: OnSealed) -> None:
        """From now on `callback` gets the reliable publications of channels that we record, untouched."""
        self.recording.on_sealed = callback

    async def invite(self, channel: PartyId, party: PartyId | str, may: May | None = None) -> None:
        """See `Channel.invite`."""
        await self.owning.invite(channel, invitable(party), may)

    async def leave(self, name: PartyId) -> None:
        """See `Channel.leave`."""
        channel = self._known(name)
        if channel.owner == self._endpoint.me:
            raise Refused(f"we own {channel.id} and cannot leave it: release it")
        await self._client.leave(str(channel.id))
        for party in channel.membership.roster.authorities:
            if party != self._endpoint.me:
                await self._endpoint.send(party, encode_talk(Left(str(name))), topic=TOPIC, reliable=True)
        await self._active.drop(channel)
        self.vault.drop(name)

    async def release(self, name: PartyId) -> None:
        """See `Channel.release`."""
        channel = self._known(name)
        await self.owning.release(name)
        await self._active.drop(channel)

    def all(self) -> list[Channel]:
        """Those that we are in."""
        return self._active.all()

    def ended(self, name: PartyId) -> Channel | None:
        """One with history that has ended, to be read."""
        return self._active.ended(name) if self._active.get(name) is None else None

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {TOPIC: self.handle}

    async def begin(self) -> None:
        """Go on with what is in the folder. Raises what asking the registry raises."""
        names, now = self.vault.names(), self._endpoint.party.clock()
        self.vault.tidy(now - self._endpoint.settings.session_kept_days * DAY_S)
        if not names and self._endpoint.me.name != RECORDER:
            return
        lines = await self._client.all()
        self._newest.told(lines)
        await self.recording.begin(lines)
        ours = {line.channel for line in lines}
        for name in names:
            if str(name) in ours:
                await self._active.refresh(name)
                self._newest.been_away(name)
                self.owning.inviting.tell_all(name)
            elif (known := self._active.get(name)) is not None:
                await self._active.drop(known)
            else:
                self.vault.retire(name, now)  # it ended, or we were put out, while we were away
        await self._active.read()

    async def run(self) -> None:
        """Ask from time to time what became of our channels, until cancelled."""
        while True:
            await asyncio.sleep(self._endpoint.settings.channel_check_s)
            try:
                await self.check()
            except OverlayError as error:
                _log.warning("what became of our channels is not known: %s", error)

    async def close(self) -> None:
        """Idempotent."""
        await self.owning.close()
        for channel in self.all():
            await channel.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def arrived(self, delivery: Delivery, stored: Stored | None) -> None:
        """See `ChannelReception`."""
        subject = parse_subject(delivery.subject)
        assert isinstance(subject, ToChannel)
        name = PartyId(subject.channel, subject.home)
        if self._active.get(name) is None:
            await self._active.refresh(name)  # another process of ours may have joined
        channel = self._active.get(name)
        if channel is not None:
            await channel.reading.arrived(delivery, stored)
            return
        if await self.recording.arrived(name, delivery, stored):
            return
        self._endpoint.counters["channel-not-in"] += 1
        if stored is not None:
            await stored.ack()

    async def handle(self, message: Message) -> bytes | None:
        """What other agents say about channels. Raises BadInput, NotFound, NotPermitted, Untrusted."""
        sender, following = message.sender, self._following
        match decode_talk(message.body):
            case Join(channel):
                return encode_talk(await self.owning.admit(PartyId.parse(channel), sender))
            case AskKey(channel):
                return encode_talk(await self.owning.key_for(PartyId.parse(channel), sender))
            case Left(channel):
                await self.owning.let_go(PartyId.parse(channel), sender)
            case Turn() as turn:
                await following.turned(turn, sender)
            case Gone(statement):
                await following.gone(following.roster(statement, sender), statement)
            case Slow(channel, why) if sender == PartyId(GATEWAY, self._endpoint.me.domain):
                self._endpoint.counters["channel-over-cap"] += 1
                _log.warning("what is published in %s does not reach other domains: %s", channel, why)
            case Invite(statement):
                await self.invitations.remember(following.roster(statement, sender))
            case Shared(channel, invited):
                await self.owning.share(PartyId.parse(channel), sender, invited)
            case Record(statement):
                await self.recording.told(following.roster(statement, sender))
        return None

    async def refresh(self, channel: Channel) -> None:
        """Go on with what another process of ours knows already, or with what its owner says now, if our
        registry knows of more than we do. Raises Unavailable (it does not say).
        """
        await self._newest.reach(channel)

    async def learn(self, channel: Channel) -> None:
        """Go on with what its owner or a deputy says now, also of former secrets that we lack. Raises what
        asking raises.
        """
        await self._following.ask_owner(channel)

    async def refresh_by(self, name: PartyId) -> None:
        """The same, by its name. Raises NotFound as well."""
        await self.refresh(self._known(name))

    async def check(self) -> None:
        """Ask the registry what became of our channels, and go by that. Raises what it raises."""
        known = self.all()
        if not known and self._endpoint.me.name != RECORDER:
            return
        found = await self._client.all()  # who comes into a channel meanwhile is not asked about
        await self.recording.begin(found)
        self._newest.told(found)
        lines = {line.channel: line for line in found}
        for channel in known:
            if self._active.get(channel.id) is not channel:
                continue  # left meanwhile
            line, mine = lines.get(str(channel.id)), channel.membership.roster
            if self._endpoint.me in mine.authorities:
                if line is None or (line.version, line.members) != (mine.version, len(mine.members)):
                    await self._settle(channel)
            elif line is None:
                await self._active.drop(channel)
            elif line.version > mine.version:
                self._following.lack_key(channel.id)

    def watch(self, task: asyncio.Task[None]) -> None:
        """It ends with us; should it fail, the log says so."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            log_error(task.get_name(), error)

    async def _settle(self, channel: Channel) -> None:
        try:
            await self.owning.settle(channel.id)
        except NotFound:  # it has ended
            await self._active.drop(channel)
        except NotPermitted:  # its owner dismissed us
            self._following.lack_key(channel.id)

    def _open(self, membership: Membership, reading: Reading) -> Channel:
        reading.frames = self._frame
        recorded = Recorded(self._endpoint, membership, self.vault)
        domain, changed = self._endpoint.me.domain, self._active.changed
        settings = self._endpoint.settings
        presence = Presence(self._client, membership, changed, lambda: not reading.closed, domain, settings)
        return Channel(self, self._endpoint, membership, reading, recorded, presence)

    def _frame(self, message: ChannelMessage) -> bool:
        if FRAME not in message.attributes or self.frames is None:
            return False
        self.frames(message)
        return True

    def _lack_key(self, name: PartyId) -> None:
        self._following.lack_key(name)

    async def _announced(self, body: bytes) -> None:
        await self._following.announced(body)

    def _known(self, name: PartyId) -> Channel:
        found = self._active.get(name)
        if found is None:
            raise NotFound(f"we were put out of {name} again")
        return found
