"""Coming in to a channel that others own."""

from __future__ import annotations

from overlay.channels.active import Active
from overlay.channels.asking import ask_in_turn
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import check_epoch
from overlay.channels.following import Following
from overlay.channels.invitations import Invitations
from overlay.channels.roster import known_roster
from overlay.channels.talk import Join, Turn
from overlay.channels.vault import Held, Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, NotFound
from overlay.naming.ids import PartyId


class Joining:
    """Of one process."""

    def __init__(
        self,
        endpoint: Endpoint,
        client: ChannelsClient,
        vault: Vault,
        active: Active,
        following: Following,
        invitations: Invitations,
    ) -> None:
        self._endpoint = endpoint
        self._client = client
        self._vault = vault
        self._active = active
        self._following = following
        self._invitations = invitations

    async def join(self, channel: PartyId, owner: PartyId | None) -> None:
        """Be in it. `owner`: whom to ask, it or a deputy; else whoever is known. Raises NotFound,
        NotPermitted, and what asking raises.
        """
        me = self._endpoint.me
        asked = (owner,) if owner else self._invitations.authorities(channel)
        asked = asked or await self._authorities(channel)
        if asked[0] == me:
            raise NotFound(f"the folder of {me}, who owns {channel}, does not hold it: create another")
        sender, told = await ask_in_turn(self._endpoint, asked, Join(str(channel)))
        if not isinstance(told, Turn):
            raise BadInput(f"{sender} answered something else than the key of {channel}")
        roster = self._following.roster(told.roster, sender)
        if roster.id != channel or roster.member(me) is None:
            raise BadInput(f"{sender} did not let us in to {channel}")
        if channel.domain != me.domain:
            await self._client.put(told.roster)
        epoch = check_epoch(told.epoch)
        async with self._vault.turn(channel):
            invited = told.invited if me in roster.authorities else {}
            held = Held(told.roster, epoch, dict(invited))
            held = held.with_past(map(check_epoch, told.past), self._endpoint.settings.channel_past_keys)
            await self._vault.save(channel, held)
        await self._active.adopt(told.roster, roster, epoch)
        await self._active.read()

    async def _authorities(self, channel: PartyId) -> tuple[PartyId, ...]:
        try:
            told = await self._client.show(str(channel))
        except NotFound as error:
            raise NotFound(f"{channel} is not known here: {self._why(channel)}") from error
        if told.roster:
            return known_roster(told.roster).authorities
        return tuple(PartyId.parse(name) for name in (told.owner, *told.deputies))

    def _why(self, channel: PartyId) -> str:
        if channel.domain == self._endpoint.me.domain:
            return "it was released, or never was; `overlay channel list` shows all"
        return (
            f"it is of another domain, and {self._endpoint.me} was not invited by name: join it, and say who "
            f"owns it (`overlay channel join` or `overlay session join` with --owner NAME@{channel.domain}; "
            f"join_channel(…, owner=…))"
        )
