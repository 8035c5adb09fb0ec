"""Agents that keep a registry busy, and know what it must hold: each registers again and again, sends
heartbeats, and looks for the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Record, Skill
from overlay.settings import Settings

SKILL = "bench.member"


class Member:
    """One agent. `act` does the next of four things; whatever it changed, it notes when that was accepted."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.client = RegistryClient(endpoint)
        self._turn = count()
        self.accepted = 0
        """Number of the last registration that was confirmed."""
        self.tried = 0
        """Of the last one that was asked for."""
        self.entries: set[str] = set()
        """IDs of the entry: one, if it is never made twice."""

    async def act(self) -> None:
        """Raises OverlayError."""
        turn = next(self._turn) % 4
        if turn == 0:
            await self.register()
        elif turn == 1:
            await self.client.heartbeat()
        elif turn == 2:
            await self.client.resolve(self._endpoint.me)
        else:
            await self.client.find(SKILL)

    async def register(self) -> None:
        """A new description. Raises OverlayError."""
        self.tried += 1
        number = self.tried
        profile = Profile(display_name=str(number), skills=(Skill(SKILL, name="Keeps a registry busy"),))
        answer = await self.client.register(profile)
        self.entries.add(answer.resource_id)
        self.accepted = number

    async def lost(self) -> bool:
        """Whether the registry does not hold what it accepted last. Raises OverlayError."""
        record: Record = await self.client.resolve(self._endpoint.me)
        return not self.accepted <= int(record.profile.display_name) <= self.tried

    @property
    def twice(self) -> int:
        """How often its entry was made more than once."""
        return max(0, len(self.entries) - 1)


@asynccontextmanager
async def members(folder: DomainFolder, number: int, settings: Settings) -> AsyncIterator[list[Member]]:
    """So many, registered, each with a connection of its own."""
    async with AsyncExitStack() as stack:
        made: list[Member] = []
        for at in range(number):
            home = Home(await resident(folder, f"member-{at}", (SKILL,)))
            endpoint = await stack.enter_async_context(Endpoint.open(home.load(settings)))
            made.append(Member(endpoint))
            await made[-1].register()
        yield made
