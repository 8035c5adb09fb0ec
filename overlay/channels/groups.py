"""All channels of one process of an agent: created, joined, kept up with, left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from overlay.channels.channel import Channel
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import Epoch, check_epoch
from overlay.channels.membership import Membership
from overlay.channels.owning import Owning
from overlay.channels.reading import Reading
from overlay.channels.roster import Member, Roster, known_roster, open_roster
from overlay.channels.talk import TOPIC, AskKey, Gone, Invite, Join, Left, Turn, decode_talk, encode_talk
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadInput, NotFound, NotPermitted, OverlayError, Refused
from overlay.naming.ids import PartyId, check_domain
from overlay.naming.subjects import ToChannel, parse_subject
from overlay.patience import comes_within
from overlay.registry.client import RegistryClient
from overlay.transport.contract import Delivery, Stored

_log = logging.getLogger("overlay.channels")
_TRIES = 5


class Groups:
    """`begin` it when the agent reads its inbox, keep `run` running, `close` it."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient, folder: Path | None) -> None:
        """`folder`: where rosters and secrets are kept; None: nowhere."""
        self._endpoint = endpoint
        self._settings = endpoint.settings
        self._clock = endpoint.party.clock
        self._client = ChannelsClient(registry)
        self._vault = Vault(folder)
        self.owning = Owning(endpoint, self._client, self._vault, self._adopt)
        """What it does with channels that it owns."""
        self._channels: dict[PartyId, Channel] = {}
        self._stamps: dict[PartyId, int] = {}
        self._invited: dict[PartyId, PartyId] = {}
        self._lacking: dict[PartyId, float] = {}
        self._look = asyncio.Event()
        self._reading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
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
    ) -> Channel:
        """A channel of our domain that we own."""
        me = str(self._endpoint.me)
        channel = PartyId.of(name, self._endpoint.me.domain)
        version = int(self._clock() * 1000)  # above that of any channel of this name that was before
        ends = self._clock() + lifetime_s if lifetime_s else 0.0
        roster = Roster(str(channel), me, version, (Member(me, version),), is_open, about, ends)
        parties = [_invitable(one) for one in invite]
        await self.owning.create(roster, parties)
        await self._read()
        for one in parties:
            await self.owning.invite(channel, one)
        return self._channels[channel]

    async def join(self, channel: PartyId, owner: PartyId | None) -> Channel:
        """Be in it. Raises NotFound, NotPermitted, and what asking its owner raises."""
        known = self._channels.get(channel)
        if known is not None:
            return known
        asked = owner or self._invited.get(channel) or await self._owner_of(channel)
        if asked == self._endpoint.me:
            raise NotFound(
                f"{channel} is not kept in this agent's folder any more: release it, create another"
            )
        answer = await self._endpoint.ask(asked, encode_talk(Join(str(channel))), topic=TOPIC)
        told = decode_talk(answer.body)
        if not isinstance(told, Turn):
            raise BadInput(f"{asked} answered something else than the key of {channel}")
        roster = self._roster(told.roster, asked)
        if roster.id != channel or roster.member(self._endpoint.me) is None:
            raise BadInput(f"{asked} did not let us in to {channel}")
        if channel.domain != self._endpoint.me.domain:
            await self._client.put(told.roster)
        await self._vault.save(channel, Held(told.roster, check_epoch(told.epoch)))
        await self._adopt(told.roster, roster, told.epoch)
        await self._read()
        return self._channels[channel]

    async def invite(self, channel: PartyId, party: PartyId | str) -> None:
        """See `Channel.invite`."""
        await self.owning.invite(channel, _invitable(party))

    async def leave(self, channel: Channel) -> None:
        """See `Channel.leave`."""
        if channel.owner == self._endpoint.me:
            raise Refused(f"we own {channel.id} and cannot leave it: release it")
        await self._client.leave(str(channel.id))
        await self._gone(channel)
        talk = encode_talk(Left(str(channel.id)))
        await self._endpoint.send(channel.owner, talk, topic=TOPIC, reliable=True)

    async def release(self, channel: Channel) -> None:
        """See `Channel.release`."""
        await self.owning.release(channel.id)
        await self._gone(channel)

    def all(self) -> list[Channel]:
        """Those that we are in."""
        return [self._channels[name] for name in sorted(self._channels)]

    # -- the library's -----------------------------------------------------------------------------------
    async def begin(self) -> None:
        """Go on with what is in the folder. Raises what asking the registry raises."""
        names = self._vault.names()
        if not names:
            return
        ours = {line.channel for line in await self._client.all()}
        for name in names:
            if str(name) in ours:
                await self._refresh(name)
            else:
                self._vault.drop(name)  # we were put out while we were away
        await self._read()

    async def run(self) -> None:
        """Ask from time to time what became of our channels, until cancelled."""
        while True:
            self._look.clear()
            await comes_within(self._look, self._settings.channel_check_s)
            try:
                await self._check()
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
        if name not in self._channels:
            await self._refresh(name)  # another process of ours may have joined
        channel = self._channels.get(name)
        if channel is not None:
            await channel.reading.arrived(delivery, stored)
            return
        self._endpoint.counters["channel-not-in"] += 1
        if stored is not None:
            await stored.ack()

    async def handle(self, message: Message) -> bytes | None:
        """What other agents say about channels. Raises BadInput, NotFound, NotPermitted, Untrusted."""
        sender = message.sender
        match decode_talk(message.body):
            case Join(channel):
                return encode_talk(await self.owning.admit(PartyId.parse(channel), sender))
            case AskKey(channel):
                return encode_talk(await self.owning.key_for(PartyId.parse(channel), sender))
            case Left(channel):
                await self.owning.remove(PartyId.parse(channel), sender)
            case Turn() as turn:
                await self._turned(turn, sender)
            case Gone(statement):
                await self._put_out(self._roster(statement, sender), statement)
            case Invite(statement):
                self._invited[self._roster(statement, sender).id] = sender
        return None

    async def refresh(self, channel: Channel) -> None:
        """Go on with what another process of ours knows already."""
        if self._vault.stamp(channel.id) not in (0, self._stamps.get(channel.id)):
            await self._refresh(channel.id)

    def watch(self, task: asyncio.Task[None]) -> None:
        """It ends with us."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def report(where: str, error: Exception) -> None:
        """Something failed that nobody waits for."""
        _log.warning("%s: %s", where, error, exc_info=not isinstance(error, OverlayError))

    # -- inside ------------------------------------------------------------------------------------------
    async def _turned(self, turn: Turn, sender: PartyId) -> None:
        roster = self._roster(turn.roster, sender)
        known = self._channels.get(roster.id)
        if known is None:
            return  # we have left it, or have not begun
        if roster.member(self._endpoint.me) is None:
            await self._put_out(roster, turn.roster)
            return
        before = known.membership.roster
        if roster.version <= before.version:
            return
        await self._vault.save(roster.id, Held(turn.roster, check_epoch(turn.epoch)))
        await self._adopt(turn.roster, roster, turn.epoch)
        domain = self._endpoint.me.domain
        if roster.id.domain != domain and _members_in(before, domain) != _members_in(roster, domain):
            await self._client.put(turn.roster)

    async def _put_out(self, roster: Roster, statement: bytes) -> None:
        channel = self._channels.get(roster.id)
        if channel is None or roster.version <= channel.membership.roster.version:
            return
        if roster.id.domain != self._endpoint.me.domain:
            await self._client.put(statement)
        await self._gone(channel)

    async def _gone(self, channel: Channel) -> None:
        self._channels.pop(channel.id, None)
        self._stamps.pop(channel.id, None)
        self._vault.drop(channel.id)
        await self._read()
        await channel.close()

    async def _adopt(self, statement: bytes, roster: Roster, epoch: Epoch) -> None:
        channel = self._channels.get(roster.id)
        self._stamps[roster.id] = self._vault.stamp(roster.id)
        if channel is None:
            self._channels[roster.id] = self._open(statement, roster, epoch)
        elif channel.membership.adopt(statement, roster, epoch, self._clock()):
            await channel.reading.key_came()
            if channel.membership.removal:
                await channel.publish_again()

    def _open(self, statement: bytes, roster: Roster, epoch: Epoch) -> Channel:
        membership = Membership(statement, roster, epoch, self._settings.channel_overlap_s)
        endpoint, name = self._endpoint, roster.id
        reading = Reading(
            membership,
            endpoint.me,
            endpoint.channels.ledger,
            lambda: self._lack_key(name),
            endpoint.counters,
            self._settings,
            self._clock,
        )
        return Channel(self, endpoint, membership, reading)

    async def _refresh(self, name: PartyId) -> None:
        held = self._vault.load(name)
        if held is not None:
            await self._adopt(held.roster, known_roster(held.roster), held.epoch)

    def _lack_key(self, name: PartyId) -> None:
        now = self._clock()
        if self._lacking.get(name, 0.0) > now - self._settings.channel_key_wait_s:
            return
        self._lacking[name] = now
        self.watch(asyncio.create_task(self._ask_key(name), name=f"key of {name}"))

    async def _ask_key(self, name: PartyId) -> None:
        channel = self._channels.get(name)
        if channel is None:
            return
        try:
            await self.refresh(channel)
            if channel.owner != self._endpoint.me:
                ask = encode_talk(AskKey(str(name)))
                answer = await self._endpoint.ask(channel.owner, ask, topic=TOPIC)
                told = decode_talk(answer.body)
                if isinstance(told, Turn):
                    await self._turned(told, channel.owner)
                elif isinstance(told, Gone):
                    await self._put_out(self._roster(told.roster, channel.owner), told.roster)
        except OverlayError as error:
            _log.warning("the key of %s is not known yet: %s", name, error)
        await asyncio.sleep(self._settings.channel_key_wait_s)
        await channel.reading.give_up()

    async def _check(self) -> None:
        if not self._channels:
            return
        lines = {line.channel: line for line in await self._client.all()}
        for channel in self.all():
            line, mine = lines.get(str(channel.id)), channel.membership.roster
            if channel.owner == self._endpoint.me:
                if line is None or (line.version, line.members) != (mine.version, len(mine.members)):
                    await self.owning.settle(channel.id)
            elif line is None:
                await self._gone(channel)
            elif line.version > mine.version:
                self._lack_key(channel.id)

    async def _read(self) -> None:
        """Our inbox covers what we are in. A door of the broker may know a little later."""
        async with self._reading:
            for left in reversed(range(_TRIES)):
                names = [one.id for one in self.all() if _reads(one, self._endpoint.me)]
                try:
                    await self._endpoint.channels.read(names)
                except Refused:
                    if not left:
                        raise
                    await asyncio.sleep(self._settings.redelivery_wait_s)
                else:
                    return

    async def _owner_of(self, channel: PartyId) -> PartyId:
        try:
            told = await self._client.show(str(channel))
        except NotFound as error:
            raise NotFound(
                f"{channel} is not known here: it is by invitation, or of another domain: say who owns it"
            ) from error
        return PartyId.parse(known_roster(told.roster).owner)

    def _roster(self, statement: bytes, sender: PartyId) -> Roster:
        roster = open_roster(statement, self._endpoint.trust, self._clock(), self._settings)
        if roster.owner != str(sender):
            raise NotPermitted(f"{roster.channel} is owned by {roster.owner}, not by {sender}")
        return roster


def _reads(channel: Channel, me: PartyId) -> bool:
    member = channel.membership.roster.member(me)
    return member is not None and member.read


def _members_in(roster: Roster, domain: str) -> set[Member]:
    return {member for member in roster.members if PartyId.parse(member.party).domain == domain}


def _invitable(party: PartyId | str) -> str:
    """An agent, or a whole domain. Raises BadName."""
    text = str(party)
    return str(PartyId.parse(text)) if "@" in text else check_domain(text)
