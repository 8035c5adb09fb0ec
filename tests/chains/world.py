"""Agents that do tasks in memory, and an orchestrator that is killed wherever it can be seen from outside."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from overlay.chains.assign import Order
from overlay.chains.chain import Chain
from overlay.chains.document import encode_chain
from overlay.chains.driving import Driving
from overlay.chains.journal import ChainOrder, ChainRow, Journal
from overlay.chains.run import ChainEvent, ChainState
from overlay.errors import NotFound, TaskCancelled, TaskFailed
from overlay.settings import Settings

SETTINGS = Settings(chain_patience_s=0, chain_look_s=0.01)
Answer = bytes | str | None
"""None: the task fails."""
Answers = Callable[[Order, int], Answer]
"""How often a task of this skill was started counts from 1."""


class Killed(BaseException):
    """The process is gone."""


class Fuse:
    """Kills at the n-th thing that is seen from outside; then nothing happens any more."""

    def __init__(self, at: int = -1) -> None:
        self.count = 0
        self._at = at
        self.blown = False

    def burn(self) -> None:
        if self.blown:
            raise Killed
        self.count += 1
        if self.count == self._at:
            self.blown = True
            raise Killed


class MemoryJournal(Journal):
    """What is committed outlives the orchestrator; before and after each commit it may be killed."""

    def __init__(self, order: ChainOrder) -> None:
        self.order = order
        self.written: list[ChainEvent] = []
        self.state: ChainState = "running"
        self.asked = ""
        self.fuse = Fuse()

    async def note(self, _: str, event: ChainEvent) -> None:
        self.fuse.burn()
        assert event.number == len(self.written) + 1
        self.written.append(event)
        if event.kind == "finished":
            self.state = msgspec.convert(event.outcome, ChainState)
        self.fuse.burn()

    def row(self, _: str) -> ChainRow:
        return ChainRow(self.order, self.state, "cancelled" if self.asked else "", 0.0)

    def events(self, _: str, after: int = 0) -> list[ChainEvent]:
        return self.written[after:]


@dataclass
class Done:
    """A task, at its executor."""

    order: Order
    answer: Answer
    agent: str
    cancelled: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class World:
    """The agents of all skills."""

    def __init__(self, answers: Answers, agents: Sequence[str] = ("x@a.example", "y@a.example")) -> None:
        self._answers = answers
        self._agents = agents
        self.tasks: dict[str, Done] = {}
        self.begun: Counter[str] = Counter()
        self.fuse = Fuse()
        self.nobody: set[str] = set()
        self.slow: set[str] = set()
        """Skills whose tasks do not end by themselves."""

    async def start(self, order: Order) -> Given:
        self.fuse.burn()
        if order.skill in self.nobody:
            raise NotFound(f"nobody offers {order.skill}")
        if order.id not in self.tasks:
            self.begun[order.skill] += 1
            answer = self._answers(order, self.begun[order.skill])
            agent = order.agent or next(one for one in self._agents if one not in order.avoid)
            self.tasks[order.id] = Done(order, answer, agent)
            if order.skill not in self.slow:
                self.tasks[order.id].ended.set()
        assert self.tasks[order.id].order == order, "the same ID for something else"
        self.fuse.burn()
        return Given(self, self.tasks[order.id])

    async def offered(self, skill: str, agent: str = "") -> str:
        return f"nobody offers '{skill}' {agent}" if skill in self.nobody else ""

    async def freest(self, skills: Sequence[str]) -> int:
        return skills.index(min(skills))


class Given:
    """A task at its creator."""

    def __init__(self, world: World, done: Done) -> None:
        self._world = world
        self._done = done

    @property
    def agent(self) -> str:
        return self._done.agent

    async def result(self) -> bytes:
        await self._done.ended.wait()
        self._world.fuse.burn()
        if self._done.cancelled:
            raise TaskCancelled("it was cancelled")
        if self._done.answer is None:
            raise TaskFailed("it said no")
        answer = self._done.answer
        return answer.encode() if isinstance(answer, str) else answer

    async def cancel(self) -> None:
        self._world.fuse.burn()
        if not self._done.ended.is_set():
            self._done.cancelled = True
            self._done.ended.set()


class Stage:
    """One chain, its journal and the agents: `run` is one life of its orchestrator."""

    def __init__(self, chain: Chain, world: World, *, settings: Settings | None = None) -> None:
        order = ChainOrder("run-1", encode_chain(chain), b'{"line": 7}', b"", False, 0.0, 0.0)
        self.journal = MemoryJournal(order)
        self.world = world
        self.settings = settings or SETTINGS
        self.now = 1000.0
        self.driving: Driving | None = None

    async def run(self, kill_at: int = -1) -> int:
        """Returns at how many points it could have been killed. Raises Killed."""
        fuse = Fuse(kill_at)
        self.journal.fuse = self.world.fuse = fuse
        self.driving = Driving(
            self.journal.order, self.journal, self.world, self.settings, self._clock, lambda: None
        )
        await self.driving.run()
        return fuse.count

    async def goes_on(self) -> None:
        """Its next life, if there is still something to do."""
        if self.journal.state == "running":
            await self.run()

    def _clock(self) -> float:
        self.now += 1.0
        return self.now

    @property
    def outcome(self) -> tuple[str, bytes, str]:
        last = self.journal.written[-1]
        assert last.kind == "finished"
        return last.outcome, last.output, last.error

    @property
    def history(self) -> list[tuple[str, str, bool, int, str]]:
        """What happened, without times, in no order."""
        return sorted((e.kind, e.step, e.undo, e.attempt, e.outcome) for e in self.journal.written)
