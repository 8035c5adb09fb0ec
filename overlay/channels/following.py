"""Keeping up with channels that others own: new rosters and secrets, and what was missed of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from overlay.channels.active import Active
from overlay.channels.channel import Channel
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import check_epoch
from overlay.channels.roster import Member, Roster, open_roster
from overlay.channels.talk import TOPIC, AskKey, Gone, Turn, decode_talk, encode_talk
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotPermitted, OverlayError
from overlay.naming.ids import PartyId

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
        """What `sender` says of a channel that it owns. Raises NotPermitted, Untrusted, BadInput."""
        party = self._endpoint.party
        roster = open_roster(statement, self._endpoint.trust, party.clock(), party.settings)
        if roster.owner != str(sender):
            raise NotPermitted(f"{roster.channel} is owned by {roster.owner}, not by {sender}")
        return roster

    async def turned(self, turn: Turn, sender: PartyId) -> None:
        """The channel is another from now on. Raises as `roster`, and what the registry says."""
        roster = self.roster(turn.roster, sender)
        await self._active.refresh(roster.id)  # our inbox is read before we have begun
        known = self._active.get(roster.id)
        if known is None:
            return  # we have left it
        if roster.member(self._endpoint.me) is None:
            await self.gone(roster, turn.roster)
            return
        before = known.membership.roster
        if roster.version <= before.version:
            return
        await self._vault.save(roster.id, Held(turn.roster, check_epoch(turn.epoch)))
        await self._active.adopt(turn.roster, roster, turn.epoch)
        domain = self._endpoint.me.domain
        if roster.id.domain != domain and _members_in(before, domain) != _members_in(roster, domain):
            await self._client.put(turn.roster)

    async def gone(self, roster: Roster, statement: bytes) -> None:
        """We are put out, or it is released. Raises what the registry says."""
        await self._active.refresh(roster.id)
        channel = self._active.get(roster.id)
        if channel is None or roster.version <= channel.membership.roster.version:
            return
        if roster.id.domain != self._endpoint.me.domain:
            await self._client.put(statement)
        await self._active.drop(channel)

    def lack_key(self, name: PartyId) -> None:
        """Ask its owner, but not again and again; what waits for the answer is let go of after a while."""
        now, wait_s = self._endpoint.party.clock(), self._endpoint.settings.channel_key_wait_s
        if self._asked.get(name, 0.0) <= now - wait_s:
            self._asked[name] = now
            self._watch(asyncio.create_task(self._ask_key(name, wait_s), name=f"key of {name}"))

    async def _ask_key(self, name: PartyId, wait_s: float) -> None:
        try:
            await self._active.refresh(name)
            channel = self._active.get(name)
            if channel is not None and channel.owner != self._endpoint.me:
                await self.ask_owner(channel)
        except OverlayError as error:
            _log.warning("the key of %s is not known yet: %s", name, error)
        await asyncio.sleep(wait_s)
        channel = self._active.get(name)
        if channel is not None:
            await channel.reading.give_up()

    async def ask_owner(self, channel: Channel) -> None:
        """Go on with what it says now. Raises what asking raises, and as `turned`."""
        ask = encode_talk(AskKey(str(channel.id)))
        told = decode_talk((await self._endpoint.ask(channel.owner, ask, topic=TOPIC)).body)
        if isinstance(told, Turn):
            await self.turned(told, channel.owner)
        elif isinstance(told, Gone):
            await self.gone(self.roster(told.roster, channel.owner), told.roster)


def _members_in(roster: Roster, domain: str) -> set[Member]:
    return {member for member in roster.members if PartyId.parse(member.party).domain == domain}
