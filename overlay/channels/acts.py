"""What changes the registry's table of channels: a new roster, somebody who leaves, time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from overlay.channels.replacing import replaces
from overlay.channels.roster import Roster, open_roster, signer_of
from overlay.channels.table import Channel, ChannelTable, Kept
from overlay.clock import DAY_S, Clock
from overlay.errors import NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.storage.contract import Note
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore

TrustOf = Callable[[str], Awaitable[TrustStore]]
"""Whom we believe of a domain. Raises NotFound, Unavailable."""


class ChannelActs:
    """Every method raises Conflict, Unavailable."""

    def __init__(
        self, table: ChannelTable, acts: Acts, trust_of: TrustOf, settings: Settings, clock: Clock
    ) -> None:
        self._table = table
        self._acts = acts
        self._trust_of = trust_of
        self._settings = settings
        self._clock = clock

    async def put(self, sender: PartyId, statement: bytes, channel: PartyId) -> Channel:
        """The word of an owner, or of a deputy, on a channel. Raises Refused, Overloaded, Untrusted,
        BadInput, NotFound (whom to believe of the home domain), TooLarge.
        """
        known = self._table.find(channel)
        if known is not None and known.kept.roster == statement:
            return known
        trust = await self._trust_of(channel.domain)
        roster = open_roster(statement, trust, self._clock(), self._settings)
        if roster.id != channel:
            raise Refused(f"the roster is of {roster.channel}, not of {channel}")
        self._may_tell(sender, roster)
        signer = signer_of(statement)

        def decide() -> Decision[None]:
            now = self._clock()
            old = self._table.find(roster.id)
            if old is not None and not self._replaces(old, roster, signer, now):
                return Decision(None)
            if old is None or old.over:
                self._has_room(roster)
            self._members_have_room(roster, old)
            kept = Kept(statement, dict(old.kept.left) if old else {}, now if roster.is_over(now) else 0.0)
            note = Note(str(sender), _what(old, roster), roster.channel)
            return Decision(None, (self._table.write(roster.id, kept),), (note,))

        await self._acts.do(decide)
        found = self._table.find(roster.id)
        if found is None:
            raise NotFound(f"{roster.channel} is gone again")
        return found

    async def leave(self, party: str, channel: PartyId, why: str = "leave") -> Channel:
        """It is no member any more. Raises NotFound; Refused for the owner."""

        def decide() -> Decision[None]:
            found = self._table.get(channel)
            member = found.roster.member(PartyId.parse(party))
            if member is None or member not in found.members:
                return Decision(None)
            kept = msgspec.structs.replace(found.kept, left=found.kept.left | {party: found.roster.version})
            note = Note(party, f"channel {why}", str(channel))
            return Decision(None, (self._table.write(channel, kept),), (note,))

        if why == "leave" and self._table.get(channel).roster.owner == party:
            raise Refused(f"{party} owns {channel} and cannot leave it: release it")
        await self._acts.do(decide)
        return self._table.get(channel)

    async def expel(self, party: PartyId) -> list[Channel]:
        """Its certificate was revoked: it is in no channel any more. Returns those that changed."""
        return [
            await self.leave(str(party), found.roster.id, "expel") for found in self._table.of(str(party))
        ]

    async def tidy(self) -> list[Channel]:
        """Release what has ended; forget what is over for long. Returns those that ended."""
        now, kept_s = self._clock(), self._settings.channel_kept_days * DAY_S
        ended = []
        for found in list(self._table):
            if found.over and found.kept.over_at < now - kept_s:
                await self._acts.do(partial(self._writing, found, None, "forgotten"))
            elif not found.over and found.roster.is_over(now):
                over = msgspec.structs.replace(found.kept, over_at=now)
                await self._acts.do(partial(self._writing, found, over, "ends"))
                ended.append(found)
        return [left for one in ended if (left := self._table.find(one.roster.id))]

    def _writing(self, channel: Channel, kept: Kept | None, what: str) -> Decision[None]:
        if self._table.find(channel.roster.id) is not channel:
            return Decision(None)
        note = Note(self._table.domain, f"channel {what}", channel.roster.channel)
        return Decision(None, (self._table.write(channel.roster.id, kept),), (note,))

    def _replaces(self, old: Channel, roster: Roster, signer: PartyId, now: float) -> bool:
        """Raises Refused."""
        if old.over or old.roster.is_over(now):
            return roster.version > old.roster.version
        return replaces(old.roster, old.kept.roster, roster, signer, home=self._table.domain)

    def _may_tell(self, sender: PartyId, roster: Roster) -> None:
        ours = roster.id.domain == self._table.domain
        if ours and sender not in roster.authorities:
            raise Refused(f"{sender} does not own {roster.channel}: its owner or a deputy tells of it")
        known = self._table.find(roster.id)
        inside = roster.member(sender) or (known and known.roster.member(sender))
        if not ours and inside is None:
            raise Refused(f"{sender} is not in {roster.channel}")

    def _has_room(self, roster: Roster) -> None:
        limit = self._settings.channels_per_owner
        if roster.id.domain == self._table.domain and self._table.owned_by(roster.owner) >= limit:
            raise Overloaded(
                f"{roster.owner} owns {limit} channels already (channels_per_owner): release one"
            )

    def _members_have_room(self, roster: Roster, old: Channel | None) -> None:
        limit = self._settings.channels_per_member
        before = {member.party for member in old.members} if old else set()
        for member in roster.members:
            if member.record or member.party in before:
                continue  # who records is in all that keep history
            if len(self._table.of(member.party)) >= limit:
                raise Overloaded(f"{member.party} is in {limit} channels already (channels_per_member)")


def _what(old: Channel | None, roster: Roster) -> str:
    if roster.released:
        return "channel release"
    if old is None or old.over:
        return "channel create"
    before, now = ({member.party for member in one.members} for one in (old.roster, roster))
    came, gone = sorted(now - before), sorted(before - now)
    return " ".join(("channel", *(f"+{party}" for party in came), *(f"-{party}" for party in gone)))[:500]
