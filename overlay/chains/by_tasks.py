"""The steps of a chain as tasks (AG-3), assigned by skill to whoever serves best (AG-5, GW-10)."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.anycast.anycasting import Anycasting
from overlay.chains.assign import Assigned, Order
from overlay.context.carrying import pack
from overlay.errors import NotFound
from overlay.naming.ids import PartyId, skill_covers
from overlay.registry.client import RegistryClient
from overlay.settings import Settings
from overlay.tasks.spec import Spec
from overlay.tasks.task import Task
from overlay.tasks.tasks import Tasks


class ByTasks:
    """Those that one agent gives."""

    def __init__(
        self, tasks: Tasks, anycasting: Anycasting, registry: RegistryClient, settings: Settings
    ) -> None:
        self._tasks = tasks
        self._settings = settings
        self._anycasting = anycasting
        self._registry = registry

    async def start(self, order: Order) -> Assigned:
        """See `Assign`."""
        spec = Spec(
            to=order.agent or order.skill,
            skill=order.skill if order.agent else "",
            body=order.body,
            context=pack(order.context, self._settings),
            avoid=order.avoid,
        )
        giving = self._tasks.giving
        deadline_s = order.deadline_s or self._settings.task_deadline_s
        return _Given(Task(await giving.start(order.id, spec, deadline_s), giving))

    async def offered(self, skill: str, agent: str = "") -> str:
        """See `Assign`."""
        try:
            if not agent:
                await self._anycasting.choose(skill)
                return ""
            record = await self._registry.resolve(PartyId.parse(agent))
        except NotFound as error:
            return str(error)
        if any(skill_covers(skill, one.id) for one in record.profile.skills):
            return ""
        return f"{agent} does not offer '{skill}'"

    async def freest(self, skills: Sequence[str]) -> int:
        """See `Assign`."""
        costs: list[tuple[bool, float, int]] = []
        for index, skill in enumerate(skills):
            try:
                first = (await self._anycasting.choose(skill)).weighed[0]
                costs.append((first.avoided, first.cost, index))
            except NotFound:
                continue
        return min(costs)[2] if costs else 0


class _Given:
    """A task as the orchestrator sees it."""

    def __init__(self, task: Task) -> None:
        self._task = task

    @property
    def agent(self) -> str:
        """Who does it."""
        return str(self._task.executor or "")

    async def result(self) -> bytes:
        """Its body."""
        return (await self._task.result()).body

    async def cancel(self) -> None:
        """Whatever state that leads to: the result says it."""
        await self._task.cancel()
