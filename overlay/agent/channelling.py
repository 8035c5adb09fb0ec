"""An agent's channels: groups that it makes, joins and leaves."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.agent.talking import Talking
from overlay.channels.channel import Channel, Handle
from overlay.naming.ids import PartyId


class Channelling(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def create_channel(
        self,
        name: str,
        *,
        is_open: bool = False,
        invite: Sequence[PartyId | str] = (),
        about: str = "",
        lifetime_s: float | None = None,
        signed: bool = False,
        handler: Handle | None = None,
    ) -> Channel:
        """A channel `name@our-domain` that we own: a group whose members read what each of them publishes,
        sealed for them (GW-9). `is_open`: whoever asks may join, else who is invited: agents
        (`bob@b.example`) and whole domains (`b.example`). It is released after `lifetime_s`.
        `signed`: each publication proves which member published it, at the cost of a signature.

        Raises Refused (it is there already), BadName, Overloaded, Unavailable.
        """
        channel = await self._here.works.groups.create(
            name, is_open=is_open, invite=invite, about=about, lifetime_s=lifetime_s, signed=signed
        )
        return _read_by(channel, handler)

    async def join_channel(
        self, channel: PartyId | str, *, owner: PartyId | str | None = None, handler: Handle | None = None
    ) -> Channel:
        """Be in a channel `name@home-domain`; at once where we are in it already. Its owner lets us in, so it
        must be there. `owner`: who that is, for open channels of other domains; an invitation says it.

        Raises NotFound, NotPermitted (it is by invitation), and what `ask` raises.
        """
        found = PartyId.parse(channel) if isinstance(channel, str) else channel
        asked = PartyId.parse(owner) if isinstance(owner, str) else owner
        return _read_by(await self._here.works.groups.join(found, asked), handler)

    @property
    def channels(self) -> list[Channel]:
        """Those that we are in."""
        return self._here.works.groups.all()


def _read_by(channel: Channel, handler: Handle | None) -> Channel:
    if handler is not None:
        channel.handle_by(handler)
    return channel
