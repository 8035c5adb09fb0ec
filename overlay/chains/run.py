"""A chain that runs, as whoever started it sees it (AG-5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol

import msgspec

from overlay.chains.showing import ChainShown
from overlay.chains.values import value_of
from overlay.wire.body import text_of

ChainState = Literal["running", "done", "failed", "cancelled"]
EventKind = Literal["started", "assigned", "ended", "stopped", "finished"]
Json = Any
"""What only its reader knows."""


class ChainEvent(msgspec.Struct, frozen=True):
    """What happened: `print(event.number, event.kind, event.step, event.outcome, event.agent)`."""

    number: int
    """From 1, without gaps."""
    kind: EventKind
    """Of an attempt at a step: begun, taken by an agent, ended; the chain is to stop; it has ended."""
    at: float
    """Seconds since 1970."""
    step: str = ""
    """With its round, if it is in a repeated group: `analysis#2`."""
    undo: bool = False
    """It takes the step back."""
    attempt: int = 0
    agent: str = ""
    outcome: str = ""
    """Of an attempt: done, failed, hopeless (no other would help), cancelled; of the chain: its state; of a
    stop: cancelled, expired."""
    output: bytes = b""
    error: str = ""


class ChainResult(msgspec.Struct, frozen=True):
    """What a chain that is done gave: `print((await run.result()).text)`."""

    body: bytes
    outputs: dict[str, bytes]
    """Of each step that is done, by its ID; of repeated ones the last."""

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)

    @property
    def value(self) -> Json:
        """The body as JSON: `cause = (await run.result()).value["cause"]`; as text where it is no JSON."""
        return value_of(self.body)


class Following(Protocol):
    """Where a run looks."""

    def state(self, chain: str) -> ChainState:
        """Raises NotFound."""

    def shown(self, chain: str) -> ChainShown:
        """Raises NotFound."""

    def events(self, chain: str, after: int) -> AsyncIterator[ChainEvent]:
        """Until it has ended. Raises NotFound."""

    async def result(self, chain: str) -> ChainResult:
        """Waits. Raises ChainFailed, ChainCancelled."""

    async def cancel(self, chain: str) -> ChainState:
        """Waits until it has ended."""


class ChainRun:
    """Made by `Agent.run_chain` and `Agent.chain`."""

    def __init__(self, chain_id: str, following: Following) -> None:
        self.id = chain_id
        """`run = agent.chain(chain_id)` finds it again after a restart."""
        self._following = following

    @property
    def state(self) -> ChainState:
        """`if run.state == "running"`."""
        return self._following.state(self.id)

    @property
    def shown(self) -> ChainShown:
        """All its steps, and how far they are: `[(step.key, step.state) for step in run.shown.steps]`."""
        return self._following.shown(self.id)

    async def result(self) -> ChainResult:
        """Wait for the end: `print((await run.result()).text)`. Raises ChainFailed, which says which step
        failed and why; ChainCancelled.
        """
        return await self._following.result(self.id)

    async def events(self, after: int = 0) -> AsyncIterator[ChainEvent]:
        """What happened after event number `after`, and what will, until the chain has ended:
        `async for event in run.events(): print(event.step, event.outcome)`.
        """
        async for event in self._following.events(self.id, after):
            yield event

    async def cancel(self) -> ChainState:
        """Start nothing more, cancel its tasks, take back what is done if the chain says so:
        `state = await run.cancel()`. Returns when all that is over: "done", if it was faster.
        """
        return await self._following.cancel(self.id)
