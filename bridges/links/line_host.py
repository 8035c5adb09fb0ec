"""Who is told what a line brings."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Protocol

from bridges.frames.cargo import Cargo
from bridges.frames.frame import Control, Failure, Message

if TYPE_CHECKING:
    from bridges.links.line import Line


class LineWatcher(Protocol):
    """Told of every line of a link."""

    def up(self, line: Line) -> None:
        """It can be used."""

    def down(self, line: Line) -> None:
        """It is over."""


class LineHost(Protocol):
    """What becomes of what a line brings."""

    def message(self, line: Line, message: Message) -> Awaitable[None] | None:
        """Deliver it, or `line.refuse` it; a numbered one also `line.settled` or refused, later. None: it is
        done; else what is to be awaited before the next one.
        """

    async def settled(self, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """The peer has stored these; those not, for the reason given."""

    async def late(self, cargo: Sequence[Cargo]) -> None:
        """The peer was silent about these for too long."""

    async def shed(self, cargo: Sequence[Cargo]) -> None:
        """These made room for what matters more, before they were sent."""

    def refused(self, failure: Failure) -> None:
        """The peer dropped a realtime message."""

    def control(self, line: Line, item: Control) -> None:
        """Everything else: news of the peer's registry, its questions, its goodbye. Must not wait."""
