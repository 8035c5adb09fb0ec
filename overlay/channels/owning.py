"""What an agent does with the channels that it owns, or is a deputy of: who comes in and goes, and the secret
renewed each time.

A change is told to the registry, so that the broker lets its readers read and nobody else, then to the
members with the new secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from overlay.channels.admitting import appointed, dismissed, is_invited, with_member, without
from overlay.channels.changing import Adopt, Change, Changing, Learn, renewed
from overlay.channels.charter import May
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import new_epoch
from overlay.channels.granting import Granting
from overlay.channels.inviting import Inviting
from overlay.channels.roster import Roster, check_roster, sign_roster
from overlay.channels.spreading import Spreading
from overlay.channels.talk import Gone, Turn
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, Refused
from overlay.naming.ids import PartyId


class Owning:
    """Of one process of the owner or of a deputy; others of it may change the same channels."""

    def __init__(
        self, endpoint: Endpoint, client: ChannelsClient, vault: Vault, adopt: Adopt, learn: Learn
    ) -> None:
        """`adopt`: what this process itself goes on with. `learn`: ask the others for what counts now."""
        self._endpoint = endpoint
        self._client = client
        self._vault = vault
        self._adopt = adopt
        self.changing = Changing(endpoint, client, vault, adopt, learn)
        """How rosters are changed."""
        self.inviting = Inviting(endpoint, vault)
        """Who tells the invited."""
        self._spreading = Spreading(endpoint)
        self._granting = Granting(endpoint)

    async def create(self, roster: Roster, invited: Mapping[str, May], deputies: tuple[str, ...]) -> None:
        """A channel that is not yet, or was released; `deputies` are it when they come in. Raises Refused
        when it is; what the registry says.
        """
        check_roster(msgspec.structs.replace(roster, deputies=deputies), self._endpoint.settings)
        async with self._vault.turn(roster.id):
            if self._vault.load(roster.id) is not None:
                raise Refused(f"{roster.channel} is there already")
            try:
                await self._client.show(roster.channel)
            except NotFound:
                pass
            else:
                raise Refused(f"{roster.channel} is there already")
            taken = await self._found(roster, invited, deputies)
            if taken != roster.version:  # a channel of this name was before, and further than our clock
                version = taken + 1
                members = tuple(msgspec.structs.replace(one, since=version) for one in roster.members)
                roster = msgspec.structs.replace(roster, version=version, charter=version, members=members)
                await self._found(roster, invited, deputies)

    async def _found(self, roster: Roster, invited: Mapping[str, May], deputies: tuple[str, ...]) -> int:
        statement = sign_roster(roster, self._endpoint.party.credentials)
        taken = await self._client.put(statement)
        if taken.stands:
            held = Held(statement, new_epoch(roster.version), dict(invited), deputies=deputies)
            await self._vault.save(roster.id, held)
            await self._adopt(statement, roster, held.epoch)
            self._spreading.created(roster, statement)
        return taken.version

    async def admit(self, channel: PartyId, party: PartyId) -> Turn:
        """Somebody asks to come in. Raises NotFound, NotPermitted, TooLarge."""
        held, roster = self.changing.held(channel)
        if roster.member(party) is not None:
            held, roster = await self.newest(channel)
            await self._client.put(held.roster)
        if roster.member(party) is None:
            may = is_invited(party, held.invited)
            if may is May.NOTHING or (may is None and not roster.open):
                raise NotPermitted(f"{channel} is by invitation, and {party} is not invited: ask its owner")
            deputy = str(party) in held.deputies
            coming = partial(with_member, party=party, may=may, deputy=deputy)
            held, roster = await self.change(channel, coming, but=party)
        return await self._turn(held, roster, party)

    async def key_for(self, channel: PartyId, party: PartyId) -> Turn | Gone:
        """What a member that something did not reach is told, or one that was it. Raises NotFound,
        NotPermitted: who is in a channel is nobody else's business, and who records it gets no key.
        """
        held, roster = self.changing.held(channel)
        if roster.member(party) is not None:
            return await self._turn(held, roster, party)
        if not roster.open and str(party) not in held.gone:
            raise NotPermitted(f"{party} is not in {channel}")
        return Gone(held.roster)

    async def invite(self, channel: PartyId, invited: str, may: May | None = None) -> None:
        """An agent may come in, and is told so, if it can be; or all agents of a domain. Raises NotFound,
        NotPermitted.
        """
        async with self._vault.turn(channel):
            held, roster = self.changing.held(channel)
            known = held.invited.get(invited, May.NOTHING)
            asked = {invited: may or (roster.may if known is May.NOTHING else known)}
            await self._vault.save(channel, msgspec.structs.replace(held, invited=held.invited | asked))
        self._spreading.invited(roster, asked)
        self.inviting.tell(channel, invited)

    async def share(self, channel: PartyId, sender: PartyId, invited: Mapping[str, May]) -> None:
        """Another authority invited these. Raises NotFound, NotPermitted."""
        async with self._vault.turn(channel):
            held, roster = self.changing.held(channel)
            if sender not in roster.authorities:
                raise NotPermitted(f"{sender} invites nobody to {channel}: it does not own it")
            asked = held.invited | {invitee: May(may) for invitee, may in invited.items()}
            await self._vault.save(channel, msgspec.structs.replace(held, invited=asked))

    async def appoint(self, channel: PartyId, party: PartyId) -> None:
        """Owner: a deputy from now on, or as soon as it is in. Raises NotPermitted, Refused."""
        held, roster = self.changing.held(channel)
        if roster.owner != str(self._endpoint.me):
            raise NotPermitted(f"only {roster.owner}, who owns {channel}, appoints deputies")
        if roster.member(party) is None:
            wanted = tuple(dict.fromkeys((*held.deputies, str(party))))
            check_roster(msgspec.structs.replace(roster, deputies=wanted), self._endpoint.settings)
            async with self._vault.turn(channel):
                held, _ = self.changing.held(channel)
                await self._vault.save(channel, msgspec.structs.replace(held, deputies=wanted))
            await self.invite(channel, str(party))
            return
        held, roster = await self.change(channel, partial(appointed, party=party), but=party)
        self._spreading.answered(party, await self._turn(held, roster, party))

    async def dismiss(self, channel: PartyId, party: PartyId) -> None:
        """Owner: a deputy no more; it stays a member. Raises NotPermitted."""
        async with self._vault.turn(channel):
            held, _ = self.changing.held(channel)
            wanted = tuple(one for one in held.deputies if one != str(party))
            await self._vault.save(channel, msgspec.structs.replace(held, deputies=wanted))
        await self.change(channel, partial(dismissed, party=party))

    async def remove(self, channel: PartyId, *parties: PartyId) -> None:
        """They are in it no more, nor invited, whoever else may come in: what is published from now on they
        cannot read.
        """
        barred = {str(party): May.NOTHING for party in parties}
        async with self._vault.turn(channel):
            held, roster = self.changing.held(channel)
            without(roster, barred, self._endpoint.me)
            await self._vault.save(channel, msgspec.structs.replace(held, invited=held.invited | barred))
        self._spreading.invited(roster, barred)
        await self.let_go(channel, *parties)

    async def let_go(self, channel: PartyId, *parties: PartyId) -> None:
        """They left: who was invited by name is not any more, and those of whole domains may come again."""
        gone = {str(party) for party in parties}
        await self.change(channel, partial(without, gone=gone, by=self._endpoint.me))
        async with self._vault.turn(channel):
            held, _ = self.changing.held(channel)
            invited = {who: may for who, may in held.invited.items() if who not in gone or may is May.NOTHING}
            deputies = tuple(party for party in held.deputies if party not in gone)
            await self._vault.save(channel, msgspec.structs.replace(held, invited=invited, deputies=deputies))

    async def release(self, channel: PartyId) -> None:
        """Owner: it is no more. Raises NotPermitted, and what the registry says."""
        async with self._vault.turn(channel):
            held, roster = self.changing.held(channel)
            over = msgspec.structs.replace(roster, version=roster.version + 1, released=True)
            over = self.changing.drafted(held, roster, over)
            statement = sign_roster(over, self._endpoint.party.credentials)
            await self._client.put(statement)
            self._vault.retire(channel, self._endpoint.party.clock())
        self._spreading.released(roster, statement)

    async def newest(self, channel: PartyId) -> tuple[Held, Roster]:
        """What counts now, with its secret. Raises as `Changing.newest`."""
        changed = await self.changing.newest(channel)
        if changed.roster != changed.before:
            self._spreading.changed(changed, None)
        return changed.held, changed.roster

    async def change(
        self, channel: PartyId, change: Change, *, but: PartyId | None = None
    ) -> tuple[Held, Roster]:
        """Another roster, and with it another secret, told to all members but `but`."""
        changed = await self.changing.change(channel, change)
        if changed.roster != changed.before:
            self._spreading.changed(changed, but)
        if changed.roster.deputies != changed.before.deputies:
            self.inviting.tell_all(channel)  # whom else they may ask
        return changed.held, changed.roster

    async def settle(self, channel: PartyId) -> None:
        """Tell the registry what it may not have taken, or go on with what others changed; put out who left
        by its word.

        Raises NotFound when the channel has ended; NotPermitted when we are no deputy any more.
        """
        held, roster = await self.newest(channel)
        if not roster.deputies:
            await self._client.put(held.roster)
        elif self.changing.mandate_is_old(roster):
            await self.change(channel, renewed)
        told = await self._client.show(str(channel))
        left = set(told.left) - {roster.owner}
        if left:
            await self.change(channel, partial(without, gone=left, by=self._endpoint.me))

    async def close(self) -> None:
        """What is still on its way to members goes first, for a while."""
        await self.inviting.close()
        await self._spreading.close()

    async def _turn(self, held: Held, roster: Roster, party: PartyId) -> Turn:
        member = roster.member(party)
        if member is None or member.record:
            raise NotPermitted(f"{party} records {roster.channel}, and gets no key of it")
        past = await self._granting.past(held, roster, member)
        invited = held.invited if party in roster.authorities else {}
        return Turn(held.roster, held.epoch, past, invited)
