"""Channels, as asked over the broker by agents, operators and gateways: a desk of the registry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice

from overlay.channels.acts import ChannelActs, TrustOf
from overlay.channels.protocol import (
    AskChannel,
    AskChannels,
    AskPresent,
    AskRoutes,
    Channels,
    ChannelTold,
    LeaveChannel,
    PutRoster,
    RosterTaken,
    Routes,
)
from overlay.channels.roll import IsThere, Roll
from overlay.channels.roster import known_roster
from overlay.channels.table import Channel, ChannelTable
from overlay.channels.telling import Telling
from overlay.clock import Clock
from overlay.desk import Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts
from overlay.registry.protocol import Op
from overlay.registry.state import State
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class ChannelDesk:
    """The operations."""

    def __init__(
        self,
        endpoint: Endpoint,
        acts: Acts,
        state: State,
        trust_of: TrustOf,
        settings: Settings,
        clock: Clock,
        *,
        registered: Callable[[str], bool],
        is_there: IsThere,
    ) -> None:
        """`registered`: whether an agent has an entry (again). `is_there`: whether any agent is online."""
        self._registered = registered
        self.table = ChannelTable(endpoint.me.domain, state, clock)
        self._acts = ChannelActs(self.table, acts, trust_of, settings, clock)
        self._telling = Telling(endpoint, self.table, state)
        self._state = state
        self._settings = settings
        self._expelled: set[PartyId] = set()
        self._watchers = 0
        self.roll = Roll(self.table, state, is_there, settings)
        """Who is there."""

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        agent, gateway, operator = (Role.AGENT,), (Role.GATEWAY,), (Role.OPERATOR,)
        desk.on(Op.CHANNEL_PUT, agent, PutRoster, self._put)
        desk.on(Op.CHANNEL_LEAVE, agent, LeaveChannel, self._leave)
        desk.on(Op.CHANNEL_SHOW, agent + operator, AskChannel, self._show)
        desk.on(Op.CHANNEL_LIST, agent + operator, AskChannels, self._list)
        desk.on(Op.CHANNEL_PRESENT, agent, AskPresent, self.roll.answer)
        desk.on(Op.CHANNEL_ROUTES, gateway, AskRoutes, self._routes)

    def expelled(self, party: PartyId) -> None:
        """Its certificate was revoked; the next sweep takes it out of its channels."""
        if self.table.of(str(party)):
            self._expelled.add(party)

    async def sweep(self) -> None:
        """What is to be done from time to time. Raises Conflict, Unavailable."""
        while self._expelled:
            party = next(iter(self._expelled))
            if not self._registered(str(party)):
                await self._acts.expel(party)
            self._expelled.discard(party)
        await self._acts.tidy()
        await self._telling.sweep()

    async def _put(self, sender: Identity, ask: PutRoster) -> RosterTaken:
        said = known_roster(ask.roster)
        found = await self._acts.put(sender.party, ask.roster, said.id)
        await self._telling.tell(found, at_once=not found.over)
        return RosterTaken(found.roster.version, found.kept.roster == ask.roster)

    async def _leave(self, sender: Identity, ask: LeaveChannel) -> Nothing:
        found = await self._acts.leave(str(sender.party), PartyId.parse(ask.channel))
        await self._telling.tell(found, at_once=False)
        return Nothing()

    async def _show(self, sender: Identity, ask: AskChannel) -> ChannelTold:
        found = self.table.get(PartyId.parse(ask.channel))
        if not (sender.role is Role.OPERATOR or found.roster.open or self._is_in(sender.party, found)):
            deputies = [str(party) for party in found.roster.authorities[1:]]
            return ChannelTold(found.roster.owner, deputies=tuple(deputies))
        left = {member.party for member in found.roster.members} - {one.party for one in found.members}
        return ChannelTold(found.roster.owner, found.kept.roster, tuple(sorted(left)))

    async def _list(self, sender: Identity, ask: AskChannels) -> Channels:
        own = sender.role is Role.AGENT
        if own and ask.party not in ("", str(sender.party)):
            raise Refused("an agent may ask for its own channels only")
        party = str(sender.party) if own else ask.party
        found = self.table.of(party) if party else [one for one in self.table if not one.over]
        lines = sorted((one.line for one in found), key=lambda line: line.channel)
        rest = [line for line in lines if line.channel > ask.after]
        page = rest[: self._settings.registry_page]
        return Channels(tuple(page), more=len(page) < len(rest))

    async def _routes(self, _: Identity, ask: AskRoutes) -> Routes:
        full = ask.log != self._state.log or ask.since < self._state.floor
        wait_s = min(self._settings.registry_watch_s, ask.wait_s)  # in this order NaN is no wait for ever
        if wait_s > 0 and not full and self.table.version <= ask.since:
            await self._change_or(ask.since, wait_s)
        limit = self._settings.registry_page
        found = list(islice(self.table.changed(0 if full else ask.since), limit + 1))
        page = found[:limit]
        more = len(found) > limit
        version = page[-1][0] if more else self._state.revision
        return Routes(self._state.log, version, full, tuple(route for _, route in page), more)

    async def _change_or(self, since: int, wait_s: float) -> None:
        if self._watchers >= self._settings.registry_watchers:
            raise Overloaded(f"{self._watchers} watch for channels already (registry_watchers)")
        self._watchers += 1
        try:
            async with asyncio.timeout(wait_s):
                while self.table.version <= since:
                    await self._state.change()
        except TimeoutError:
            return
        finally:
            self._watchers -= 1

    @staticmethod
    def _is_in(party: PartyId, channel: Channel) -> bool:
        return any(member.party == str(party) for member in channel.members)
