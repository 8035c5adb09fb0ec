"""Changing a channel: another roster, signed by us, with another secret, of which nobody else made the same.

Without deputies the owner alone writes: its change is kept first, and told to the registry until that took
it. With deputies a change counts when the registry of the channel's home took it; where another one was
first, ours is made again from that.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from overlay.channels.charter import sign_charter
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import Epoch, new_epoch
from overlay.channels.roster import (
    Roster,
    charter_of,
    check_roster,
    digest_of,
    known_roster,
    sign_roster,
)
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, OverlayError, Unavailable
from overlay.naming.ids import PartyId

_log = logging.getLogger("overlay.channels")
_TRIES = 8
Change = Callable[[Roster], Roster]
Adopt = Callable[[bytes, Roster, Epoch], Awaitable[None]]
Learn = Callable[[PartyId], Awaitable[None]]


class Changed(NamedTuple):
    """What a change did; `before` is `roster` where there was nothing to do."""

    before: Roster
    roster: Roster
    held: Held
    former: Held
    """What was held before."""


class Changing:
    """By one process of an owner or deputy; others of it may change the same channels."""

    def __init__(
        self, endpoint: Endpoint, client: ChannelsClient, vault: Vault, adopt: Adopt, learn: Learn
    ) -> None:
        """`adopt`: what this process itself goes on with. `learn`: ask the others for what counts now."""
        self._endpoint = endpoint
        self._client = client
        self._vault = vault
        self._adopt = adopt
        self._learn = learn
        self._most = endpoint.settings.channel_past_keys

    def held(self, channel: PartyId) -> tuple[Held, Roster]:
        """As far as we know. Raises NotFound; NotPermitted where it is not ours to change."""
        held = self._vault.load(channel)
        if held is None:
            raise NotFound(f"{self._endpoint.me} has no channel {channel}")
        roster = known_roster(held.roster)
        if self._endpoint.me not in roster.authorities:
            raise NotPermitted(f"{channel} is owned by {roster.owner}, and {self._endpoint.me} is no deputy")
        return held, roster

    async def newest(self, channel: PartyId) -> Changed:
        """What counts at the home, with its secret: who of the others has it is asked; if nobody answers,
        there is another one. Raises as `held`, and what the registry says.
        """
        held, roster = self.held(channel)
        if not roster.deputies or (await self._from_registry(held, roster))[1] == roster:
            return Changed(roster, roster, held, held)
        await self._learn(channel)
        held, roster = self.held(channel)
        if (await self._from_registry(held, roster))[1] == roster:
            return Changed(roster, roster, held, held)
        return await self.change(channel, renewed)

    async def change(self, channel: PartyId, change: Change) -> Changed:
        """Another roster, and with it another secret. Raises as `held`, what `change` raises, what the
        registry says; Unavailable where others changed it again and again.
        """
        async with self._vault.turn(channel):
            for left in reversed(range(_TRIES)):
                held, roster = await self._from_registry(*self.held(channel))
                changed = change(roster)
                if changed == roster:
                    return Changed(roster, roster, held, held)
                done = await self._write(held, roster, changed, last=not left)
                if done is not None:
                    return Changed(roster, *done, held)
        raise Unavailable(f"others change {channel} all the time: try again")

    def drafted(self, before: Held, roster: Roster, changed: Roster, *, last: bool = False) -> Roster:
        """What we sign: the roster that follows, with the owner's charter. `last`: the owner's word goes
        before what deputies say meanwhile.
        """
        credentials, owner = self._endpoint.party.credentials, str(self._endpoint.me) == roster.owner
        follows = digest_of(before.roster) if roster.deputies or changed.deputies else b""
        other = charter_of(changed) != charter_of(roster) or changed.released
        if other and not owner:
            raise NotPermitted(f"only {roster.owner}, who owns {roster.channel}, may change that")
        if other and (last or changed.released):
            follows = b""
        changed = msgspec.structs.replace(
            changed, charter=changed.version if other else roster.charter, before=follows
        )
        if not owner:
            return changed
        mandate = sign_charter(charter_of(changed), credentials) if changed.deputies else b""
        return msgspec.structs.replace(changed, mandate=mandate)

    def mandate_is_old(self, roster: Roster) -> bool:
        """Whether our charter is signed with a certificate that is not our newest: it would end with it."""
        ours = roster.owner == str(self._endpoint.me) and bool(roster.deputies)
        return ours and self._endpoint.party.credentials.der not in roster.mandate

    async def _write(
        self, before: Held, roster: Roster, changed: Roster, *, last: bool
    ) -> tuple[Roster, Held] | None:
        drafted = self.drafted(before, roster, changed, last=last)
        check_roster(drafted, self._endpoint.settings)
        statement = sign_roster(drafted, self._endpoint.party.credentials)
        held = before.turned(statement, drafted, new_epoch(drafted.version), most=self._most)
        if drafted.deputies or roster.deputies:
            if not (await self._client.put(statement)).stands:
                return None
            await self._vault.save(drafted.id, held)
        else:
            await self._keep_and_put(drafted, held, before)
        await self._adopt(statement, drafted, held.epoch)
        return drafted, held

    async def _keep_and_put(self, roster: Roster, held: Held, before: Held) -> None:
        await self._vault.save(roster.id, held)
        try:
            await self._client.put(held.roster)
        except Unavailable as error:
            _log.warning("the registry has not taken %s yet: %s", roster.channel, error)
        except OverlayError:
            await self._vault.save(roster.id, before)
            raise

    async def _from_registry(self, held: Held, roster: Roster) -> tuple[Held, Roster]:
        """What others may have changed; the secret is that of the roster we knew."""
        if not roster.deputies:
            return held, roster
        told = await self._client.show(roster.channel)
        newer = known_roster(told.roster) if told.roster else roster
        if newer.rank < roster.rank:
            await self._client.put(held.roster)
        if newer.rank <= roster.rank:
            return held, roster
        if self._endpoint.me not in newer.authorities:
            raise NotPermitted(f"{self._endpoint.me} is no deputy of {roster.channel} any more")
        return held.turned(told.roster, newer, held.epoch, most=self._most), newer


def renewed(roster: Roster) -> Roster:
    """The same, under another secret."""
    return msgspec.structs.replace(roster, version=roster.version + 1)
