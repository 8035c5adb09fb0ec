"""What an endpoint offers to whoever reads channels with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from overlay.endpoint.carriage import Carriage
from overlay.endpoint.parts import Parts
from overlay.endpoint.party import Party
from overlay.endpoint.reception import ChannelReception
from overlay.endpoint.state import State
from overlay.naming.ids import PartyId
from overlay.naming.mailboxes import agent_inbox
from overlay.trust.bundle import UnknownDomain, UnknownRoot


class ChannelDoor:
    """Of one endpoint that serves an agent."""

    def __init__(self, carriage: Carriage, parts: Parts, party: Callable[[], Party]) -> None:
        self._carriage = carriage
        self._parts = parts
        self._party = party

    @property
    def ledger(self) -> State:
        """Which reliable messages were handled, by any process of ours."""
        return self._parts.state

    def use(self, channels: ChannelReception) -> None:
        """From now on hand over what is published in channels to this one."""
        self._parts.reception.channels = channels

    async def learn(self, unknown: UnknownDomain) -> None:
        """Whose certificates of a domain count, or count now. Raises NotFound, Unavailable."""
        cards = self._parts.cards
        if isinstance(unknown, UnknownRoot):
            await cards.learn_roots(unknown.domain)
        else:
            await cards.learn(unknown.domain)

    async def read(self, channels: Iterable[PartyId]) -> None:
        """Our inbox covers these channels from now on, as the domain let it: read them, and no others. Where
        that takes another connection, the present one ends as after a renewal.

        Raises Unreachable, Refused (not let yet), Overloaded (no free slot); then nothing has changed.
        """
        party = self._party()
        await self._carriage.cover(agent_inbox(party.id.name, channels), party, self._parts.use)
