"""How a creator asks an executor about tasks."""

from __future__ import annotations

from overlay.endpoint.endpoint import Endpoint
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality
from overlay.tasks.talk import MARK, Page, Talk, decode_page, encode_talk


class Courier:
    """Messages on the topic of a skill, whose access policy lets us use its tasks."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def ask(self, party: PartyId, skill: str, talk: Talk, timeout_s: float, name: str = "") -> Page:
        """What it tells; `name`: under which quality. Raises as `Endpoint.ask`; BadInput."""
        told = self._endpoint.qualities.table.of(name, party) if name else None
        quality = told.quality if told else Quality()
        answer = await self._endpoint.ask(
            party,
            encode_talk(talk),
            topic=skill,
            attributes=MARK,
            timeout_s=timeout_s,
            priority=quality.priority,
            reliable=quality.reliable,
            quality=told,
        )
        return decode_page(answer.body)

    async def tell(self, party: PartyId, skill: str, talk: Talk, deadline_s: float) -> None:
        """It is told when it can be reached, also after a restart of ours. Raises as `Endpoint.send`."""
        await self._endpoint.send(
            party, encode_talk(talk), topic=skill, attributes=MARK, reliable=True, deadline_s=deadline_s
        )

    def use_quality(self, name: str, quality: Quality) -> None:
        """From now on, of what goes under this name. Raises BadInput, Overloaded."""
        self._endpoint.qualities.table.set(name, quality)

    def drop_quality(self, name: str) -> None:
        """It is used no more."""
        self._endpoint.qualities.table.drop(name)
