"""Sending and asking under the quality of a session or task (GW-13)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message, Sent
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.quality.bucket import SharedBucket
from overlay.quality.quality import Quality, Told
from overlay.wire.body import Body, to_bytes

T = TypeVar("T")


class Finds(Protocol):
    """Finds whom to use for an address or a skill."""

    async def __call__(
        self, to: PartyId | str, skill: str, task: str, use: Callable[[PartyId, str], Awaitable[T]], /
    ) -> T:
        """What `use` returned, for the first that took it."""


class Qualified:
    """All that goes out under one name. Made by `Agent.quality`. The other side answers alike, and what it
    sends under the same name goes alike as well: whoever revised the quality last decides, on both sides.
    """

    def __init__(self, name: str, endpoint: Endpoint, finds: Finds) -> None:
        self.name = name
        self._endpoint = endpoint
        self._finds = finds
        self._bucket: SharedBucket | None = None

    def now(self, to: PartyId | None = None) -> Quality:
        """What counts now: for messages to this party, or of ours alone.

        priority = urgent.now().priority
        """
        told = self._endpoint.qualities.table.of(self.name, to)
        return told.quality if told else Quality()

    async def ask(
        self, to: PartyId | str, body: Body = b"", *, skill: str = "", timeout_s: float | None = None
    ) -> Message:
        """See `Agent.ask`. What belongs together goes to the same agent of a skill.

        answer = await urgent.ask("network.diagnosis", "no dial tone")
        """
        question = to_bytes(body)

        async def use(party: PartyId, its_skill: str) -> Message:
            quality, told = await self._turn(party)
            return await self._endpoint.ask(
                party,
                question,
                topic=its_skill,
                priority=quality.priority,
                reliable=quality.reliable,
                timeout_s=timeout_s or quality.deadline_s or None,
                quality=told,
            )

        return await self._finds(to, skill, self.name, use)

    async def send(self, to: PartyId | str, body: Body, *, skill: str = "") -> Sent:
        """See `Agent.send`.

        sent = await urgent.send("bob@b.example", "now, please", skill="case.note")
        """
        content = to_bytes(body)

        async def use(party: PartyId, its_skill: str) -> Sent:
            quality, told = await self._turn(party)
            return await self._endpoint.send(
                party,
                content,
                topic=its_skill,
                priority=quality.priority,
                reliable=quality.reliable,
                deadline_s=quality.deadline_s or None,
                quality=told,
            )

        return await self._finds(to, skill, self.name, use)

    async def revise(
        self,
        *tell: PartyId | str,
        priority: Priority | None = None,
        reliable: bool | None = None,
        deadline_s: float | None = None,
        rate_per_s: float | None = None,
    ) -> Quality:
        """From now on it is this: `await task.revise("bob@b.example", priority=Priority.CRITICAL)`. It counts
        for the next message, and at once for those who are told; others see it with the next message.

        Raises BadInput; Unavailable, Refused where somebody could not be told, after all were.

            await urgent.revise("bob@b.example", priority=Priority.CRITICAL)
        """
        before = self.now()
        quality = Quality(
            before.priority if priority is None else Priority(priority),
            before.reliable if reliable is None else reliable,
            before.deadline_s if deadline_s is None else deadline_s,
            before.rate_per_s if rate_per_s is None else rate_per_s,
        )
        told = self._endpoint.qualities.table.set(self.name, quality)
        await self._tell(tell, told)
        return quality

    def drop(self) -> None:
        """The session or task is over: its quality is forgotten.

        urgent.drop()
        """
        self._endpoint.qualities.table.drop(self.name)

    async def _tell(self, parties: Iterable[PartyId | str], told: Told) -> None:
        named = [party if isinstance(party, PartyId) else PartyId.parse(party) for party in parties]
        tell = self._endpoint.qualities.tell
        results = await asyncio.gather(*(tell(party, told) for party in named), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _turn(self, to: PartyId) -> tuple[Quality, Told | None]:
        """What counts for this message, when it may go by its rate."""
        table = self._endpoint.qualities.table
        while True:
            told = table.of(self.name, to)
            quality = told.quality if told else Quality()
            wait_s = self._wait_s(quality.rate_per_s)
            if not wait_s:
                return quality, told
            await asyncio.sleep(wait_s)  # it may be revised meanwhile

    def _wait_s(self, rate: float) -> float:
        if not rate:
            return 0.0
        now = time.monotonic()
        if self._bucket is None or self._bucket.rate != rate:
            self._bucket = SharedBucket(self.name, rate, 1.0, now)
        wait_s = self._bucket.wait_s(1, now)
        if not wait_s:
            self._bucket.take(1)
        return wait_s
