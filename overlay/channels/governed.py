"""A channel in a program, as far as it is not publishing and reading: who is in it, its past, its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from overlay.channels.charter import History, May
from overlay.channels.membership import Membership
from overlay.channels.message import ChannelMessage
from overlay.channels.presence import Presence, PresenceEvent
from overlay.channels.recorded import Past, Recorded
from overlay.channels.roster import Member
from overlay.endpoint.endpoint import Endpoint
from overlay.naming.ids import PartyId

if TYPE_CHECKING:
    from overlay.channels.groups import Groups


class Governed:
    """One channel that this agent is in."""

    def __init__(
        self,
        groups: Groups,
        endpoint: Endpoint,
        membership: Membership,
        recorded: Recorded,
        presence: Presence,
    ) -> None:
        self._groups = groups
        self._endpoint = endpoint
        self.membership = membership
        """What counts in it now."""
        self._recorded = recorded
        self._presence = presence

    @property
    def id(self) -> PartyId:
        """`name@home-domain`."""
        return self.membership.id

    @property
    def owner(self) -> PartyId:
        """Who made it."""
        return self.membership.owner

    @property
    def deputies(self) -> tuple[PartyId, ...]:
        """Who lets others in and removes them as the owner does."""
        return self.membership.roster.authorities[1:]

    @property
    def members(self) -> tuple[Member, ...]:
        """Who is in it, as its owner or a deputy last said."""
        return self.membership.roster.members

    @property
    def history(self) -> History:
        """What of its past who comes in may read: `overlay.channels.charter.History`."""
        return self.membership.roster.history

    @property
    def signed(self) -> bool:
        """Whether each publication carries its publisher's signature, so that not even a member that controls
        a broker or a gateway can publish in another's name. Else it is proved that a member published, and
        brokers and gateways say which.
        """
        return self.membership.roster.signed

    # -- by the owner and deputies -------------------------------------------------------------------------
    async def invite(self, party: PartyId | str, *, may: May | str | None = None) -> None:
        """Owner and deputies: it may come in, and is told so. A domain's name instead: all of its agents may,
        untold. `may`: `publish`, `read`, `publish+read`; else what all may. Raises NotPermitted for others.

            await channel.invite("bob@b.example", may="read")
        """
        await self._groups.invite(self.id, party, None if may is None else May(may))

    async def remove(self, party: PartyId | str) -> None:
        """Owner and deputies: it is put out at once; nothing that is published from now on can it read. What
        the owner removes is no deputy any more. Raises NotPermitted for others.

            await channel.remove("bob@b.example")
        """
        await self._groups.owning.remove(self.id, PartyId.parse(str(party)))

    async def appoint(self, party: PartyId | str) -> None:
        """Owner: an agent of our domain is a deputy from now on, or as soon as it has joined; it is invited.
        Raises NotPermitted, Refused (it is of another domain), TooLarge (`channel_deputies`).

            await channel.appoint("dora@a.example")
        """
        await self._groups.owning.appoint(self.id, PartyId.parse(str(party)))

    async def dismiss(self, party: PartyId | str) -> None:
        """Owner: a deputy is a member like others. Raises NotPermitted.

        await channel.dismiss("dora@a.example")
        """
        await self._groups.owning.dismiss(self.id, PartyId.parse(str(party)))

    async def release(self) -> None:
        """Owner: end it for all.

        await channel.release()
        """
        await self._groups.release(self.id)

    async def leave(self) -> None:
        """Be in it no more. Raises Refused for the owner, who releases it.

        await channel.leave()
        """
        await self._groups.leave(self.id)

    # -- who is there --------------------------------------------------------------------------------------
    async def present(self) -> tuple[PartyId, ...]:
        """The members that are there now, we among them; those of other domains as far as these told our
        registry. Raises what asking it raises.

            if PartyId.parse("bob@b.example") in await channel.present(): ...
        """
        return await self._presence.now()

    def watch_presence(self) -> AsyncIterator[PresenceEvent]:
        """From now on: who `joined`, `left`, is `away`, is `back`, until we are out.

        async for event in channel.watch_presence():
            print(event.party, event.move)
        """
        return self._presence.events()

    # -- its past ------------------------------------------------------------------------------------------
    async def past(self, after: int = 0, limit: int = 0) -> list[Past]:
        """What was published reliably after this number, as the record has it, oldest first; all up to now
        without a `limit`. What was sealed with keys that were not granted to us is left out. Raises NotFound
        (it keeps no history), and what asking its recorder raises.

            for one in await channel.past(limit=20):
                print(one.number, one.message.sender, one.message.text)
        """
        return [one async for one in self._read(after, limit)]

    def open_recorded(self, envelope: bytes, at: float = 0.0) -> ChannelMessage:
        """What lies in its record. `at`: when it was recorded. Raises BadEnvelope, BadSeal, UnknownKey
        (it was not granted to us).

            message = channel.open_recorded(line.data, line.at)
        """
        return self._recorded.open(envelope, at)

    async def seal(self, body: bytes, attributes: dict[str, str] | None = None) -> tuple[bytes, bytes]:
        """ID and envelope of something that goes to the recorder directly, and is not published. Raises
        TooLarge, NotPermitted, Unavailable (the newest key is not known).

            event_id, envelope = await channel.seal(b"the line is dead")
        """
        await self._groups.refresh_by(self.id)
        return await self._recorded.seal(body, attributes or {})

    def _read(self, after: int, limit: int) -> AsyncIterator[Past]:
        return self._recorded.read(after, limit)
