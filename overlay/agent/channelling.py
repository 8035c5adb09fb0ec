"""An agent's channels: groups that it makes, joins and leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlay.agent.talking import Talking
from overlay.channels.channel import Channel, Handle
from overlay.channels.charter import History, May
from overlay.channels.founding import Founding
from overlay.naming.ids import PartyId


class Channelling(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def create_channel(
        self,
        name: str,
        *,
        is_open: bool = False,
        invite: Sequence[PartyId | str] | Mapping[str, May] = (),
        may: May | str = May.BOTH,
        about: str = "",
        lifetime_s: float | None = None,
        signed: bool = False,
        history: History | str = History.NONE,
        recent: int = 100,
        deputies: Sequence[PartyId | str] = (),
        handler: Handle | None = None,
    ) -> Channel:
        """A channel `name@our-domain` that we own: a group whose members read what each of them publishes,
        sealed for them (GW-9).

            channel = await agent.create_channel("case-7", invite=["bob@b.example"], history="all")

        `is_open`: whoever asks may join, else who is invited: agents (`bob@b.example`) and whole domains
        (`b.example`). `may`: what who joins may do, `publish`, `read`, `publish+read`; a mapping `invite`
        says it for each. It is released after `lifetime_s`. `signed`: each publication proves which member
        published it, at the cost of a signature. `history`: what is published reliably is recorded, sealed,
        and who joins later may read `all` of it, or the `recent` last ones. `deputies`: agents of our domain
        that let others in and remove them while we are away, once they have joined.

        Raises Refused (it is there already), BadName, BadInput, TooLarge, Overloaded, Unavailable.
        """
        founding = Founding(
            is_open, invite, about, lifetime_s, May(may), signed, History(history), recent, deputies
        )
        return _read_by(await self._here.works.groups.create(name, founding), handler)

    async def join_channel(
        self, channel: PartyId | str, *, owner: PartyId | str | None = None, handler: Handle | None = None
    ) -> Channel:
        """Be in a channel `name@home-domain`; at once where we are in it already. Its owner or a deputy lets
        us in, so one of them must be there. `owner`: whom to ask, for open channels of other domains; an
        invitation says it.

            channel = await agent.join_channel("case-7@a.example", handler=on_message)

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
