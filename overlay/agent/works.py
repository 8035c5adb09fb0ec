"""All that the library does for one agent beside its messages."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from overlay.agent.callers import Callers
from overlay.agent.handlers import Handle
from overlay.agent.work import Work
from overlay.anycast.anycasting import Anycasting
from overlay.carriers.carriers import Carriers
from overlay.chains.by_tasks import ByTasks
from overlay.chains.orchestrator import Orchestrator
from overlay.channels.groups import Groups
from overlay.content.files import Files
from overlay.endpoint.endpoint import Endpoint
from overlay.registry.client import RegistryClient
from overlay.sessions.sessions import Sessions
from overlay.streams.live import Live
from overlay.tasks.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Works:
    """Each field is one `Work`; they begin in this order, and end in the opposite one."""

    groups: Groups
    sessions: Sessions
    carriers: Carriers
    streams: Live
    files: Files
    tasks: Tasks
    chains: Orchestrator

    @classmethod
    def of(
        cls,
        endpoint: Endpoint,
        registry: RegistryClient,
        anycasting: Anycasting,
        callers: Callers,
        folder: Path,
    ) -> Works:
        """Those of the agent whose folder this is."""
        groups = Groups(endpoint, registry, folder / "channels")
        tasks = Tasks(endpoint, anycasting, folder / "tasks")
        assign = ByTasks(tasks, anycasting, registry, endpoint.settings)
        return cls(
            groups=groups,
            sessions=Sessions(endpoint, registry, groups, folder / "sessions"),
            carriers=Carriers(endpoint, folder),
            streams=Live(endpoint, groups),
            files=Files(endpoint, folder / "files", callers.lend),
            tasks=tasks,
            chains=Orchestrator(folder / "chains", assign, endpoint.settings, endpoint.party.clock),
        )

    @property
    def all(self) -> tuple[Work, ...]:
        """In order of beginning."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def topics(self) -> dict[str, Handle]:
        """The reserved topics of all."""
        return {topic: handle for work in self.all for topic, handle in work.topics.items()}
