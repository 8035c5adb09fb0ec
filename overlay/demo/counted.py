"""An agent that counts what it sends and gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.agent.handlers import Handle
from overlay.chains.chain import Chain
from overlay.chains.layout import Layout
from overlay.chains.run import ChainEvent
from overlay.demo.tally import Tally
from overlay.endpoint.message import Message
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.tasks.result import TaskResult
from overlay.tasks.run import Execute, TaskRun
from overlay.wire.body import Body

MASTER = "master-control"


class CountedAgent(Agent):
    """What a chain gives and gets is counted by `count_chain`: no agent's code does it."""

    def __init__(self, home: Path, tally: Tally, access: tuple[str, ...], settings: Settings) -> None:
        super().__init__(home, access=access, settings=settings)
        self._tally = tally
        self._of_tasks = False

    def serves(
        self,
        skill: str,
        *,
        abstract: str = "",
        inputs: str = "",
        allow: Sequence[str] = (),
        closed: bool = False,
    ) -> Callable[[Handle], Handle]:
        """Questions and answers are counted; what is said about tasks is not a question."""
        add = super().serves(skill, abstract=abstract, inputs=inputs, allow=allow, closed=closed)

        def counted(handle: Handle) -> Handle:
            async def answer(message: Message) -> Body | None:
                self._tally.received(f"question {skill}")
                given = await handle(message)
                self._tally.sent(f"answer {skill}")
                return given

            return add(handle if self._of_tasks else answer)

        return counted

    def executes(
        self,
        skill: str,
        *,
        abstract: str = "",
        inputs: str = "",
        allow: Sequence[str] = (),
        closed: bool = False,
    ) -> Callable[[Execute], Execute]:
        """Tasks of chains are counted, and what came of them."""
        add = super().executes(skill, abstract=abstract, inputs=inputs, allow=allow, closed=closed)

        def counted(execute: Execute) -> Execute:
            async def run_counted(run: TaskRun) -> bytes | str | TaskResult | None:
                of_chain = run.creator.name.endswith(MASTER)
                if of_chain and run.attempt == 1:
                    self._tally.received(f"task {skill}")
                try:
                    return await execute(run)
                finally:
                    if of_chain:
                        self._tally.sent(f"result {skill}")

            self._of_tasks = True
            try:
                return add(run_counted)
            finally:
                self._of_tasks = False

        return counted

    async def ask(
        self,
        to: PartyId | str,
        body: Body = b"",
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
        task: str = "",
    ) -> Message:
        """See `Agent`."""
        what = skill or str(to)
        self._tally.sent(f"question {what}")
        answer = await super().ask(
            to, body, skill=skill, priority=priority, timeout_s=timeout_s, reliable=reliable, task=task
        )
        self._tally.received(f"answer {what}")
        return answer


def count_chain(tally: Tally, chain: Chain, event: ChainEvent) -> None:
    """A task that a chain gave, and what came of it; `passed`: it was not taken there."""
    if event.kind == "ended" and event.outcome != "passed":
        step = Layout.of(chain).places[event.step.partition("#")[0]].step
        skill = step.compensate.skill if event.undo and step.compensate else step.skill
        tally.sent(f"task {skill}")
        tally.received(f"result {skill}")
        tally.sent("line of a case")
