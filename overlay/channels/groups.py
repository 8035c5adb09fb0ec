"""All channels of one process of an agent: created, joined, kept up with, left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from overlay.channels.active import Active
from overlay.channels.channel import Channel
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import check_epoch
from overlay.channels.following import Following
from overlay.channels.membership import Membership
from overlay.channels.newest import Newest
from overlay.channels.owning import Owning
from overlay.channels.reading import Reading
from overlay.channels.roster import Member, Roster
from overlay.channels.talk import (
    TOPIC,
    AskKey,
    Gone,
    Invite,
    Join,
    Left,
    Slow,
    Turn,
    decode_talk,
    encode_talk,
)
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Handler, Message
from overlay.errors import BadInput, NotFound, OverlayError, Refused, TimedOut
from overlay.naming.ids import GATEWAY, PartyId, check_domain
from overlay.naming.subjects import ToChannel, parse_subject
from overlay.registry.client import RegistryClient
from overlay.transport.contract import Delivery, Stored

_log = logging.getLogger("overlay.channels")
_INVITATIONS = 1000


class Groups:
    """`begin` it when the agent reads its inbox, keep `run` running, `close` it."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient, folder: Path | None) -> None:
        """`folder`: where rosters and secrets are kept; None: nowhere."""
        self._endpoint = endpoint
        self._client = ChannelsClient(registry)
        self._vault = Vault(folder)
        self._tasks: set[asyncio.Task[None]] = set()
        self._active = Active(endpoint, self._vault, self._open, self._lack_key, self.watch)
        self._following = Following(endpoint, self._client, self._vault, self._active, self.watch)
        self._newest = Newest(endpoint, self._active, self._following.ask_owner)
        self.owning = Owning(endpoint, self._client, self._vault, self._active.adopt)
        """What it does with channels that it owns."""
        self._invited: dict[PartyId, PartyId] = {}
        endpoint.channels.use(self)

    # -- the agent's -------------------------------------------------------------------------------------
    async def create(
        self,
        name: str,
        *,
        is_open: bool,
        invite: Sequence[PartyId | str],
        about: str,
        lifetime_s: float | None,
        signed: bool = False,
    ) -> Channel:
        """A channel of our domain that we own."""
        me, now = str(self._endpoint.me), self._endpoint.party.clock()
        channel = PartyId.of(name, self._endpoint.me.domain)
        version = int(now * 1000)
        ends = now + lifetime_s if lifetime_s else 0.0
        roster = Roster(
            str(channel), me, version, (Member(me, version),), is_open, about, ends, signed=signed
        )
        invited = [invitable(one) for one in invite]
        await self.owning.create(roster, invited)
        await self._active.read()
        for one in invited:
            await self.owning.invite(channel, one)
        return self._known(channel)

    async def join(self, channel: PartyId, owner: PartyId | None) -> Channel:
        """Be in it. Raises NotFound, NotPermitted, and what asking its owner raises."""
        await self._active.refresh(channel)
        known = self._active.get(channel)
        if known is not None:
            return known
        asked = owner or self._invited.get(channel) or await self._owner_of(channel)
        if asked == self._endpoint.me:
            raise NotFound(f"the folder of {asked}, who owns {channel}, does not hold it: create another")
        try:
            answer = await self._endpoint.ask(asked, encode_talk(Join(str(channel))), topic=TOPIC)
        except TimedOut as error:
            raise TimedOut(
                f"{error}: who owns {channel} lets others in, and has to be there (overlay channel listen "
                f"{channel} --as {asked.name})"
            ) from error
        told = decode_talk(answer.body)
        if not isinstance(told, Turn):
            raise BadInput(f"{asked} answered something else than the key of {channel}")
        roster = self._following.roster(told.roster, asked)
        if roster.id != channel or roster.member(self._endpoint.me) is None:
            raise BadInput(f"{asked} did not let us in to {channel}")
        if channel.domain != self._endpoint.me.domain:
            await self._client.put(told.roster)
        await self._vault.save(channel, Held(told.roster, check_epoch(told.epoch)))
        await self._active.adopt(told.roster, roster, told.epoch)
        await self._active.read()
        return self._known(channel)

    async def invite(self, channel: PartyId, party: PartyId | str) -> None:
        """See `Channel.invite`."""
        await self.owning.invite(channel, invitable(party))

    async def leave(self, channel: Channel) -> None:
        """See `Channel.leave`."""
        if channel.owner == self._endpoint.me:
            raise Refused(f"we own {channel.id} and cannot leave it: release it")
        await self._client.leave(str(channel.id))
        talk = encode_talk(Left(str(channel.id)))
        await self._endpoint.send(channel.owner, talk, topic=TOPIC, reliable=True)
        await self._active.drop(channel)

    async def release(self, channel: Channel) -> None:
        """See `Channel.release`."""
        await self.owning.release(channel.id)
        await self._active.drop(channel)

    def all(self) -> list[Channel]:
        """Those that we are in."""
        return self._active.all()

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {TOPIC: self.handle}

    async def begin(self) -> None:
        """Go on with what is in the folder. Raises what asking the registry raises."""
        names = self._vault.names()
        if not names:
            return
        lines = await self._client.all()
        self._newest.told(lines)
        ours = {line.channel for line in lines}
        for name in names:
            if str(name) in ours:
                await self._active.refresh(name)
                self._newest.been_away(name)
                self.owning.inviting.tell_all(name)
            elif (known := self._active.get(name)) is not None:
                await self._active.drop(known)
            else:
                self._vault.drop(name)  # we were put out while we were away
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
                await self.owning.remove(PartyId.parse(channel), sender)
            case Turn() as turn:
                await following.turned(turn, sender)
            case Gone(statement):
                await following.gone(following.roster(statement, sender), statement)
            case Slow(channel, why) if sender == PartyId(GATEWAY, self._endpoint.me.domain):
                self._endpoint.counters["channel-over-cap"] += 1
                _log.warning("what is published in %s does not reach other domains: %s", channel, why)
            case Invite(statement):
                self._remember_invitation(following.roster(statement, sender).id, sender)
        return None

    async def refresh(self, channel: Channel) -> None:
        """Go on with what another process of ours knows already, or with what its owner says now, if our
        registry knows of more than we do. Raises Unavailable (it does not say).
        """
        await self._newest.reach(channel)

    async def check(self) -> None:
        """Ask the registry what became of our channels, and go by that. Raises what it raises."""
        if not self.all():
            return
        found = await self._client.all()
        self._newest.told(found)
        lines = {line.channel: line for line in found}
        for channel in self.all():
            line, mine = lines.get(str(channel.id)), channel.membership.roster
            if channel.owner == self._endpoint.me:
                if line is None or (line.version, line.members) != (mine.version, len(mine.members)):
                    await self._settle(channel)
            elif line is None:
                await self._active.drop(channel)
            elif line.version > mine.version:
                self._following.lack_key(channel.id)

    def watch(self, task: asyncio.Task[None]) -> None:
        """It ends with us."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def report(where: str, error: Exception) -> None:
        """Something failed that nobody waits for."""
        _log.warning("%s: %s", where, error, exc_info=not isinstance(error, OverlayError))

    def _remember_invitation(self, channel: PartyId, owner: PartyId) -> None:
        """The latest: who invites without end pushes out its own first."""
        self._invited.pop(channel, None)
        its = [known for known, by in self._invited.items() if by == owner]
        if len(its) >= self._endpoint.settings.channels_per_owner:
            del self._invited[its[0]]
        elif len(self._invited) >= _INVITATIONS:
            del self._invited[next(iter(self._invited))]
        self._invited[channel] = owner

    async def _settle(self, channel: Channel) -> None:
        try:
            await self.owning.settle(channel.id)
        except NotFound:  # it has ended
            await self._active.drop(channel)

    def _open(self, membership: Membership, reading: Reading) -> Channel:
        return Channel(self, self._endpoint, membership, reading)

    def _lack_key(self, name: PartyId) -> None:
        self._following.lack_key(name)

    def _known(self, name: PartyId) -> Channel:
        found = self._active.get(name)
        if found is None:
            raise NotFound(f"we were put out of {name} again")
        return found

    async def _owner_of(self, channel: PartyId) -> PartyId:
        try:
            told = await self._client.show(str(channel))
        except NotFound as error:
            raise NotFound(
                f"{channel} is not known here: it was released, or never was, or it is of another domain, "
                f"where only agents are told that they are invited: say who owns it (--owner "
                f"NAME@{channel.domain}, join_channel(…, owner=…))"
            ) from error
        return PartyId.parse(told.owner)


def invitable(party: PartyId | str) -> str:
    """An agent, or a whole domain. Raises BadName."""
    text = str(party)
    return str(PartyId.parse(text)) if "@" in text else check_domain(text)
