"""Publishing on a topic: one message to each of those who subscribe to it, whoever they are (AG-7)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.naming.topics import check_topic
from overlay.registry.client import RegistryClient


@dataclass(slots=True)
class _Known:
    """Who subscribed to a topic, and until when that is believed; asked for once at a time."""

    parties: tuple[PartyId, ...]
    until: float
    asking: asyncio.Lock


class Publishing:
    """Of one process. Who subscribes is asked of the registry, and believed for `subscribers_fresh_s`."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient) -> None:
        self._endpoint = endpoint
        self._registry = registry
        self._settings = endpoint.settings
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def publish(
        self,
        topic: str,
        body: bytes,
        *,
        reliable: bool,
        priority: Priority,
        deadline_s: float | None,
        domains: Sequence[str],
        attributes: Mapping[str, str] | None,
    ) -> int:
        """See `Agent.publish`."""
        parties = await self._subscribers(check_topic(topic))
        wanted = [party for party in parties if not domains or party.domain in domains]
        failed: list[OverlayError] = []

        async def send(party: PartyId) -> None:
            try:
                await self._endpoint.send(
                    party,
                    body,
                    topic=topic,
                    reliable=reliable,
                    priority=priority,
                    deadline_s=deadline_s,
                    attributes=dict(attributes or {}),
                )
            except OverlayError as error:
                failed.append(error)

        at_once = self._settings.publish_at_once
        for first in range(0, len(wanted), at_once):
            async with asyncio.TaskGroup() as group:
                for party in wanted[first : first + at_once]:
                    group.create_task(send(party))
        if failed:
            self._known.pop(topic, None)  # somebody may be gone
            raise failed[0]
        return len(wanted)

    async def _subscribers(self, topic: str) -> tuple[PartyId, ...]:
        known = self._known.get(topic)
        if known is None:
            known = self._known[topic] = _Known((), 0.0, asyncio.Lock())
            if len(self._known) > self._settings.subscribers_known:
                self._known.popitem(last=False)
        async with known.asking:
            now = asyncio.get_running_loop().time()
            if known.until <= now:
                records = await self._registry.subscribers(topic)
                known.parties = tuple(PartyId.parse(record.party) for record in records)
                known.until = now + self._settings.subscribers_fresh_s
        return known.parties
