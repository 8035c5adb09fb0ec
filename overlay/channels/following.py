"""Keeping up with channels that others own: new rosters and secrets, and what was missed of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

import msgspec

from overlay.channels.active import Active
from overlay.channels.announcing import announced
from overlay.channels.asking import ask_in_turn
from overlay.channels.channel import Channel
from overlay.channels.charter import May
from overlay.channels.client import ChannelsClient
from overlay.channels.difference import UnknownBase, followed, read_difference
from overlay.channels.epoch import check_epoch
from overlay.channels.roster import Member, Roster, known_roster, open_roster, signer_of
from overlay.channels.talk import AskKey, Gone, Turn
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotPermitted, OverlayError
from overlay.naming.ids import PartyId

_random = secrets.SystemRandom()
_log = logging.getLogger("overlay.channels")
Watch = Callable[[asyncio.Task[None]], None]


class Following:
    """Of one process of a member."""

    def __init__(
        self, endpoint: Endpoint, client: ChannelsClient, vault: Vault, active: Active, watch: Watch
    ) -> None:
        """`watch` keeps tasks that nobody waits for."""
        self._endpoint = endpoint
        self._client = client
        self._vault = vault
        self._active = active
        self._watch = watch
        self._asked: dict[PartyId, float] = {}

    def roster(self, statement: bytes, sender: PartyId) -> Roster:
        """What `sender` says of a channel that it owns, or is a deputy of. Raises NotPermitted, Untrusted,
        BadInput.
        """
        party = self._endpoint.party
        roster = open_roster(statement, self._endpoint.trust, party.clock(), party.settings)
        if sender not in roster.authorities:
            raise NotPermitted(f"{roster.channel} is owned by {roster.owner}, and {sender} is no deputy")
        known = self._active.get(roster.id)
        if known is not None:
            self._check_signer(known.membership.roster, roster, signer_of(statement))
        return roster

    @staticmethod
    def _check_signer(known: Roster, roster: Roster, signer: PartyId) -> None:
        """A deputy that the owner dismissed says nothing any more, nor does one that another put out."""
        if str(signer) == roster.owner or known.owner != roster.owner or roster.rank <= known.rank:
            return
        if roster.charter == known.charter and signer not in known.authorities:
            raise NotPermitted(f"{signer} was put out of {roster.channel}, and changes nothing in it")

    async def announced(self, body: bytes) -> None:
        """What its owner or a deputy published in the channel. Raises as `turned`."""
        sender, turn = announced(body, self._endpoint.trust, self._endpoint.party.clock)
        await self.turned(turn, sender)

    async def turned(self, turn: Turn, sender: PartyId) -> None:
        """The channel is another from now on. Where we do not know what it was before, we ask for the whole.
        Raises as `roster`, and what the registry says.
        """
        if turn.change:
            whole = await self._whole(turn)
            if whole is None:
                return
            turn = whole
        roster = self.roster(turn.roster, sender)
        await self._active.refresh(roster.id)  # our inbox is read before we have begun
        known = self._active.get(roster.id)
        if known is None:
            return  # we have left it
        if roster.member(self._endpoint.me) is None:
            await self.gone(roster, turn.roster)
            return
        before = known.membership.roster
        if not await self._keep(turn, roster):
            return
        await self._active.adopt(turn.roster, roster, turn.epoch)
        domain = self._endpoint.me.domain
        if roster.id.domain != domain and _members_in(before, domain) != _members_in(roster, domain):
            await self._client.put(turn.roster)

    async def _whole(self, turn: Turn) -> Turn | None:
        found = read_difference(turn.change)
        name, rank = found.roster.id, found.roster.rank
        await self._active.refresh(name)
        known = self._active.get(name)
        if known is None or rank <= known.membership.roster.rank:
            return None
        try:
            return msgspec.structs.replace(
                turn, roster=followed(known.membership.statement, found), change=b""
            )
        except UnknownBase:
            self._endpoint.counters["channel-asked-for-all"] += 1
            self.lack_key(name)
            return None

    async def _keep(self, turn: Turn, roster: Roster) -> bool:
        """Write it down, and former secrets in any case: some may have been late. Whether it is newer."""
        epoch, most = check_epoch(turn.epoch), self._endpoint.settings.channel_past_keys
        past, invited = [check_epoch(one) for one in turn.past], {}
        if self._endpoint.me in roster.authorities:
            invited = {who: May(may) for who, may in turn.invited.items()}
        async with self._vault.turn(roster.id):
            held = self._vault.load(roster.id) or Held(turn.roster, epoch)
            newer = roster.rank > known_roster(held.roster).rank
            if newer:
                held = held.turned(turn.roster, roster, epoch, most=most, granted=past, invited=invited)
            else:
                held = held.with_past([*past, epoch], most)
                held = msgspec.structs.replace(held, invited=invited | held.invited)
            await self._vault.save(roster.id, held)
        return newer

    async def gone(self, roster: Roster, statement: bytes) -> None:
        """We are put out, or it is released. Raises what the registry says."""
        await self._active.refresh(roster.id)
        channel = self._active.get(roster.id)
        if channel is None or roster.rank <= channel.membership.roster.rank:
            return
        if roster.id.domain != self._endpoint.me.domain:
            await self._client.put(statement)
        await self._active.drop(channel)
        if not roster.released:
            self._vault.drop(channel.id)

    def lack_key(self, name: PartyId) -> None:
        """Ask its owner or a deputy, but not again and again; what waits for the answer is let go of after a
        while.
        """
        now, wait_s = self._endpoint.party.clock(), self._endpoint.settings.channel_key_wait_s
        if self._asked.get(name, 0.0) <= now - wait_s:
            self._asked[name] = now
            self._watch(asyncio.create_task(self._ask_key(name, wait_s), name=f"key of {name}"))

    async def _ask_key(self, name: PartyId, wait_s: float) -> None:
        try:
            if not await self._comes_by_itself(name):
                await self.learn(name)
        except OverlayError as error:
            _log.warning("the key of %s is not known yet: %s", name, error)
        await asyncio.sleep(wait_s)
        channel = self._active.get(name)
        if channel is not None:
            await channel.reading.give_up()

    async def _comes_by_itself(self, name: PartyId) -> bool:
        """In a large channel it was announced, and is on its way to all: they do not all ask at once."""
        channel, settings = self._active.get(name), self._endpoint.settings
        if channel is None or len(channel.members) <= settings.channel_told_each:
            return False
        rank = channel.membership.roster.rank
        longest_s = min(settings.channel_key_wait_s / 2, len(channel.members) / 1000)
        await asyncio.sleep(_random.uniform(longest_s / 2, longest_s))
        return channel.membership.roster.rank > rank

    async def learn(self, name: PartyId) -> None:
        """Go on with what others who may change it say now, if there are any."""
        await self._active.refresh(name)
        channel = self._active.get(name)
        if channel is None or channel.membership.roster.authorities == (self._endpoint.me,):
            return
        try:
            await self.ask_owner(channel)
        except OverlayError as error:
            _log.warning("what %s is now is not known yet: %s", name, error)

    async def ask_owner(self, channel: Channel) -> None:
        """Go on with what it, or a deputy, says now. Raises what asking raises, and as `turned`."""
        authorities = channel.membership.roster.authorities
        sender, told = await ask_in_turn(self._endpoint, authorities, AskKey(str(channel.id)))
        if isinstance(told, Turn):
            await self.turned(told, sender)
        elif isinstance(told, Gone):
            await self.gone(self.roster(told.roster, sender), told.roster)


def _members_in(roster: Roster, domain: str) -> set[Member]:
    return {member for member in roster.members if PartyId.parse(member.party).domain == domain}
