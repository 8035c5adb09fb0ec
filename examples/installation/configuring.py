"""Domain-specific configuration: one agent each for access, transport, core, home, management systems."""

from __future__ import annotations

import msgspec

from examples.broadband.cast import Teach
from examples.broadband.plant import Plant
from examples.installation.inventory import Inventory
from examples.installation.planning import data_of
from examples.installation.words import Done, Planned
from overlay import Agent, Message
from overlay.tasks.run import TaskRun


def configuration(domain: str) -> Teach:
    """The agent that makes and applies the data of one domain's elements."""

    def teach(agent: Agent, plant: Plant) -> None:
        inventory = Inventory(plant)

        @agent.executes(f"installation.configuration.{domain}.apply")
        async def apply(run: TaskRun) -> bytes:
            """One element after the other. Killed and begun again, it goes on with the next one."""
            asked = msgspec.json.decode(run.body, type=Planned)
            done = run.saved.decode().split()
            for element, data in data_of(domain, asked.plan).items():
                if element in done or asked.element not in ("", element):
                    continue
                inventory.apply(f"{run.id}/{element}", asked.plan.order, element, data)
                await plant.work()
                done.append(element)
                await run.save(" ".join(done))
                await run.progress(f"{element} is configured")
            return msgspec.json.encode(Done(f"configured {', '.join(done)}"))

        @agent.executes(f"installation.configuration.{domain}.undo")
        async def undo(run: TaskRun) -> bytes:
            """Take it out of all elements."""
            plan = msgspec.json.decode(run.body, type=Planned).plan
            for element in data_of(domain, plan):
                inventory.clear(f"{run.id}/{element}", plan.order, element)
            return msgspec.json.encode(Done("configuration taken back"))

        @agent.serves(f"installation.configuration.{domain}.status")
        async def status(message: Message) -> bytes:
            """What the elements really hold for an order."""
            plan = msgspec.json.decode(message.body, type=Planned).plan
            held = {element: inventory.status(plan.order, element) for element in data_of(domain, plan)}
            return msgspec.json.encode(held)

    return teach
