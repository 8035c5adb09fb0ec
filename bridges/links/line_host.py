"""Who is told what a line brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bridges.frames.cargo import Cargo
from bridges.frames.frame import Bye, Failure, LinkCertificate, LinkRequest, Message, Summary, SyncRequest

if TYPE_CHECKING:
    from bridges.links.line import Line


class LineHost(Protocol):
    """What becomes of what a line brings."""

    async def message(self, line: Line, message: Message) -> None:
        """Deliver it, or `line.refuse` it; a numbered one also `line.settled` or refused, later."""

    async def settled(self, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """The peer has stored these; those not, for the reason given."""

    async def late(self, cargo: Sequence[Cargo]) -> None:
        """The peer was silent about these for too long."""

    def refused(self, failure: Failure) -> None:
        """The peer dropped a realtime message."""

    def summary(self, line: Line, item: Summary) -> None:
        """News of the peer's registry."""

    def progress(self, line: Line) -> None:
        """The peer has learned one more of our summaries."""

    def sync(self, line: Line, item: SyncRequest) -> None:
        """The peer wants news of ours."""

    def link_request(self, line: Line, item: LinkRequest) -> None:
        """The peer wants its certificate at our broker renewed."""

    def link_certificate(self, item: LinkCertificate) -> None:
        """The answer to our wish for the same there."""

    def bye(self, item: Bye) -> None:
        """The peer ends this session."""
