"""Agents of one domain in memory that give each other tasks, each with its folder; and processes that die."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from overlay.agent.handlers import Handlers
from overlay.anycast.anycasting import Anycasting
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.naming.ids import PartyId
from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.search.protocol import Match
from overlay.settings import Settings
from overlay.tasks.executed import Executed
from overlay.tasks.retry import NEVER, Retry
from overlay.tasks.run import Execute
from overlay.tasks.spec import Spec
from overlay.tasks.task import Task
from overlay.tasks.task_id import new_task_id
from overlay.tasks.tasks import Tasks
from tests.memory_domain import MemoryDomain, quick

LIMIT_S = 30.0
SKILL = "line.diagnosis"


def hasty(**changes: object) -> Settings:
    """Nothing waits long where waiting is not what is tested."""
    values: dict[str, object] = {
        "task_again_s": 0.02,
        "task_look_s": 0.02,
        "task_poll_s": 0.5,
        "task_late_s": 2.0,
    }
    values |= {"anycast_avoid_s": 0.0, "anycast_fresh_s": 0.0}
    return quick(**(values | changes))


class Worker:
    """One process of an agent with its tasks."""

    def __init__(self, endpoint: Endpoint, tasks: Tasks) -> None:
        self.endpoint = endpoint
        self.tasks = tasks

    @property
    def id(self) -> PartyId:
        return self.endpoint.me

    async def start(
        self,
        to: PartyId | str,
        body: bytes = b"",
        *,
        task: str = "",
        retry: Retry = NEVER,
        deadline_s: float = LIMIT_S,
    ) -> Task:
        spec = Spec(str(to), SKILL if "@" in str(to) else "", body, retry=retry)
        given = await self.tasks.giving.start(task or new_task_id(), spec, deadline_s)
        return Task(given, self.tasks.giving)

    def task(self, task: str) -> Task:
        return Task(self.tasks.giving.find(task), self.tasks.giving)


class Office:
    """`at_work` opens a process of somebody."""

    def __init__(self, folder: Path, **changes: object) -> None:
        self.domain = MemoryDomain(settings=hasty(**changes))
        self._folder = folder
        self._parties: dict[str, Party] = {}
        self.skilled: list[str] = []
        """Who is found for `SKILL`."""

    def enrol(self, name: str) -> None:
        """It is known, and found, before it is there."""
        if name not in self._parties:
            self._parties[name] = self.domain.party(name)

    @asynccontextmanager
    async def at_work(
        self, name: str, execute: Execute | None = None, *, skill: str = SKILL
    ) -> AsyncIterator[Worker]:
        self.enrol(name)
        async with self.domain.open(self._parties[name]) as endpoint:
            anycasting = Anycasting(endpoint.me, self._find, endpoint.settings)
            tasks = Tasks(endpoint, anycasting, self._folder / name)
            executed, handlers = Executed(), Handlers()
            if execute is not None:
                handlers.add_skill(skill, executed.add(skill, execute))
            tasks.use(executed)
            await endpoint.serve(handlers)
            try:
                await tasks.begin()
                async with beside(tasks.run()):
                    yield Worker(endpoint, tasks)
            finally:
                await tasks.close()

    @asynccontextmanager
    async def people(self, execute: Execute, *names: str) -> AsyncIterator[list[Worker]]:
        """Several who do the same."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.at_work(name, execute)) for name in names]

    async def _find(self, skill: str, limit: int) -> tuple[Match, ...]:
        return tuple(Match(_record(self._parties[name].id), skill) for name in self.skilled[:limit])


def _record(party: PartyId) -> Record:
    """What the registry would say."""
    profile = Profile(skills=(Skill(SKILL),))
    return Record(str(party), profile, b"", "", Presence.ONLINE, "", 0.0, 0.0, 1)
