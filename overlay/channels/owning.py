"""What an agent does with the channels that it owns: who comes in and goes, and the secret renewed each time.

A change is written down first, then told to the registry, so that the broker lets its readers read and nobody
else, then to the members with the new secret. What the registry did not take, it is told again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import Epoch, new_epoch
from overlay.channels.inviting import Inviting
from overlay.channels.roster import Member, Roster, check_roster, known_roster, sign_roster
from overlay.channels.talk import TOPIC, Gone, Talk, Turn, encode_talk
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, OverlayError, Refused, Unavailable
from overlay.naming.ids import PartyId

_log = logging.getLogger("overlay.channels")
_AT_ONCE = 16
_GONE = 1000
Change = Callable[[Roster], Roster]
Adopt = Callable[[bytes, Roster, Epoch], Awaitable[None]]


class Owning:
    """Of one process of the owner; others of it may change the same channels."""

    def __init__(self, endpoint: Endpoint, client: ChannelsClient, vault: Vault, adopt: Adopt) -> None:
        """`adopt`: what this process itself goes on with."""
        self._endpoint = endpoint
        self._client = client
        self._vault = vault
        self._adopt = adopt
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()
        self.counters: Counter[str] = endpoint.counters
        self.inviting = Inviting(endpoint, vault)
        """Who tells the invited."""

    async def create(self, roster: Roster, invited: Sequence[str]) -> None:
        """A channel that is not yet, or was released. Raises Refused when it is; what the registry says."""
        check_roster(roster, self._endpoint.settings)
        async with self._vault.turn(roster.id):
            if self._vault.load(roster.id) is not None:
                raise Refused(f"{roster.channel} is there already")
            try:
                await self._client.show(roster.channel)
            except NotFound:
                pass
            else:
                raise Refused(f"{roster.channel} is there already")
            taken = await self._found(roster, invited)
            if taken != roster.version:  # a channel of this name was before, and further than our clock
                version = taken + 1
                members = (Member(roster.owner, version),)
                await self._found(msgspec.structs.replace(roster, version=version, members=members), invited)

    async def _found(self, roster: Roster, invited: Sequence[str]) -> int:
        statement = sign_roster(roster, self._endpoint.party.credentials)
        taken = (await self._client.put(statement)).version
        if taken == roster.version:
            held = Held(statement, new_epoch(roster.version), tuple(invited))
            await self._vault.save(roster.id, held)
            await self._adopt(statement, roster, held.epoch)
        return taken

    async def admit(self, channel: PartyId, party: PartyId) -> Turn:
        """Somebody asks to come in. Raises NotFound, NotPermitted, TooLarge."""
        held, roster = await self._held(channel)
        if roster.member(party) is None:
            if not roster.open and not _is_invited(party, held.invited):
                raise NotPermitted(f"{channel} is by invitation, and {party} is not invited: ask its owner")
            held, roster = await self.change(channel, lambda now: _with(now, party), but=party)
        else:
            await self._client.put(held.roster)
        return Turn(held.roster, held.epoch)

    async def key_for(self, channel: PartyId, party: PartyId) -> Turn | Gone:
        """What a member that something did not reach is told, or one that was it. Raises NotFound,
        NotPermitted: who is in a channel is nobody else's business.
        """
        held, roster = await self._held(channel)
        if roster.member(party) is not None:
            return Turn(held.roster, held.epoch)
        if not roster.open and str(party) not in held.gone:
            raise NotPermitted(f"{party} is not in {channel}")
        return Gone(held.roster)

    async def invite(self, channel: PartyId, invited: str) -> None:
        """An agent may come in, and is told so, if it can be; or all agents of a domain. Raises NotFound,
        NotPermitted.
        """
        async with self._vault.turn(channel):
            held, _ = await self._held(channel)
            if invited not in held.invited:
                held = msgspec.structs.replace(held, invited=(*held.invited, invited))
                await self._vault.save(channel, held)
        self.inviting.tell(channel, invited)

    async def remove(self, channel: PartyId, *parties: PartyId) -> None:
        """They are in it no more, nor invited: what is published from now on they cannot read."""
        gone = {str(party) for party in parties}
        await self.change(channel, lambda now: _without(now, gone))
        async with self._vault.turn(channel):
            held, _ = await self._held(channel)
            invited = tuple(party for party in held.invited if party not in gone)
            await self._vault.save(channel, msgspec.structs.replace(held, invited=invited))

    async def release(self, channel: PartyId) -> None:
        """It is no more. Raises what the registry says."""
        async with self._vault.turn(channel):
            _, roster = await self._held(channel)
            over = msgspec.structs.replace(roster, version=roster.version + 1, released=True)
            statement = sign_roster(over, self._endpoint.party.credentials)
            await self._client.put(statement)
            self._vault.drop(channel)
        others = [PartyId.parse(member.party) for member in roster.members if member.party != roster.owner]
        self._send_all(others, Gone(statement))

    async def change(
        self, channel: PartyId, change: Change, *, but: PartyId | None = None
    ) -> tuple[Held, Roster]:
        """Another roster, and with it another secret, told to all members but `but`."""
        async with self._vault.turn(channel):
            before, roster = await self._held(channel)
            changed = change(roster)
            if changed == roster:
                return before, roster
            check_roster(changed, self._endpoint.settings)
            statement = sign_roster(changed, self._endpoint.party.credentials)
            held = Held(
                statement, new_epoch(changed.version), before.invited, _gone(before.gone, roster, changed)
            )
            await self._put(changed, held, before)
        self._tell(roster, changed, held, but)
        return held, changed

    async def settle(self, channel: PartyId) -> None:
        """Tell the registry what it may not have taken; put out who left by its word.

        Raises NotFound when the channel has ended.
        """
        held, _ = await self._held(channel)
        await self._client.put(held.roster)
        told = await self._client.show(str(channel))
        if told.left:
            await self.change(channel, lambda now: _without(now, set(told.left)))

    async def close(self) -> None:
        """What is still on its way to members goes first, for a while."""
        await self.inviting.close()
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._endpoint.settings.drain_timeout_s)
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _put(self, roster: Roster, held: Held, before: Held) -> None:
        await self._vault.save(roster.id, held)
        try:
            await self._client.put(held.roster)
        except Unavailable as error:
            _log.warning("the registry has not taken %s yet: %s", roster.channel, error)
        except OverlayError:
            await self._vault.save(roster.id, before)
            raise
        await self._adopt(held.roster, roster, held.epoch)

    async def _held(self, channel: PartyId) -> tuple[Held, Roster]:
        held = self._vault.load(channel)
        if held is None:
            raise NotFound(f"{self._endpoint.me} has no channel {channel}")
        roster = known_roster(held.roster)
        if roster.owner != str(self._endpoint.me):
            raise NotPermitted(f"{channel} is owned by {roster.owner}")
        return held, roster

    def _tell(self, before: Roster, now: Roster, held: Held, but: PartyId | None) -> None:
        names = {member.party for member in now.members} - {str(but), now.owner}
        self._send_all([PartyId.parse(name) for name in sorted(names)], Turn(held.roster, held.epoch))
        gone = {member.party for member in before.members} - {member.party for member in now.members}
        self._send_all([PartyId.parse(name) for name in sorted(gone)], Gone(held.roster))

    def _send_all(self, parties: Sequence[PartyId], talk: Talk) -> None:
        for party in parties:
            task = asyncio.create_task(self._try_send(party, talk), name=f"tell {party}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _try_send(self, party: PartyId, talk: Talk) -> None:
        async with self._room:
            try:
                await self._send(party, talk)
            except OverlayError as error:  # who lacks the key asks for it
                self.counters["channel-untold"] += 1
                _log.warning("%s is not told yet of a change in a channel: %s", party, error)

    async def _send(self, party: PartyId, talk: Talk) -> None:
        await self._endpoint.send(party, encode_talk(talk), topic=TOPIC, reliable=True)


def _with(roster: Roster, party: PartyId) -> Roster:
    if roster.member(party) is not None:
        return roster
    version = roster.version + 1
    members = (*roster.members, Member(str(party), version))
    return msgspec.structs.replace(roster, version=version, members=members)


def _without(roster: Roster, gone: set[str]) -> Roster:
    if roster.owner in gone:
        raise Refused(f"{roster.owner} owns {roster.channel}: release it")
    stay = tuple(member for member in roster.members if member.party not in gone)
    if len(stay) == len(roster.members):
        return roster
    return msgspec.structs.replace(roster, version=roster.version + 1, members=stay)


def _gone(known: tuple[str, ...], before: Roster, now: Roster) -> tuple[str, ...]:
    stay = {member.party for member in now.members}
    names = dict.fromkeys((*known, *(member.party for member in before.members)))
    return tuple(name for name in names if name not in stay)[-_GONE:]


def _is_invited(party: PartyId, invited: Sequence[str]) -> bool:
    return str(party) in invited or party.domain in invited
