"""Service orchestration, which plans the path, and resource allocation."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.installation.inventory import Inventory
from examples.installation.planning import CORE, shortest_path
from examples.installation.wishes import STREETS
from examples.installation.words import Allocation, Done, Path, Planned, Planning
from overlay import Agent
from overlay.errors import Refused
from overlay.tasks.run import TaskRun


def service_orchestration(agent: Agent, plant: Plant) -> None:
    """Knows the links and what they carry."""
    inventory = Inventory(plant)

    @agent.executes("installation.orchestration.path")
    async def plan(run: TaskRun) -> bytes:
        """The shortest path with room enough. It fails when there is none."""
        intent = msgspec.json.decode(run.body, type=Planning).intent
        path = shortest_path(inventory.free(), STREETS[intent.street], CORE, intent.mbps)
        if path is None:
            raise Refused(f"no path to {intent.street.title()} Street has {intent.mbps} Mbit/s free")
        return msgspec.json.encode(Path(path, intent.mbps, told=f"path: {' - '.join(path)}"))


def resource_allocation(agent: Agent, plant: Plant) -> None:
    """Ports, VLANs, addresses, and room on links; nothing is given twice."""
    inventory = Inventory(plant)

    @agent.executes("installation.allocation.allocate")
    async def allocate(run: TaskRun) -> bytes:
        """All that a path needs. It fails when something is not free."""
        plan = inventory.allocate(run.id, msgspec.json.decode(run.body, type=Allocation))
        await plant.work()
        return msgspec.json.encode(plan)

    @agent.executes("installation.allocation.release")
    async def release(run: TaskRun) -> bytes:
        """Give all of it back."""
        inventory.release(run.id, msgspec.json.decode(run.body, type=Planned).plan)
        return msgspec.json.encode(Done("gave all resources back"))
