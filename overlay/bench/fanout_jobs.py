"""What each process of a fan-out measurement is told to do. Pure.

One publishes, several hold the members. Commands, a line each: to the publisher `begin NAME MEMBERS`,
`run SECONDS WINDOW`, `end`; to the others `join NAME COUNT`, `report`, `leave`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from overlay.bench.relay_jobs import Place, Side
from overlay.bench.reported import Reported

Take = Callable[[bytes], None]
SKILL = "bench.fanout"


class FanoutJob(msgspec.Struct, frozen=True):
    """Of one process."""

    publishes: bool
    """Else it holds members."""
    side: Side
    arrived: tuple[str, ...]
    """Files of the `Arrived`: of a publisher those of all who hold members, else its own."""
    size: int
    reliable: bool
    at_once: int
    """How many publications are being handed over side by side."""
    homes: tuple[str, ...] = ()
    """Of the overlay's side: the publisher's, or the members'."""
    signed: bool = False
    """Whether the channel is."""
    place: Place | None = None
    """Of the bare side."""
    connections: int = 0
    """Of the bare side: how many members at most."""


class Source(Protocol):
    """Where it is published."""

    async def begin(self, name: str) -> None:
        """Others may join."""

    async def send(self, body: bytes) -> None:
        """To all who joined. Raises OverlayError."""

    async def end(self) -> None:
        """It is no more."""


class Members(Protocol):
    """Those of one process."""

    async def join(self, name: str, takes: Sequence[Take]) -> None:
        """So many: each gives what it reads to its `take`."""

    async def leave(self) -> None:
        """Read no more."""


def all_of(reports: Sequence[Reported], shown: int = 20_000) -> Reported:
    """What several members saw, as one."""
    latencies = sorted(latency for report in reports for latency in report.latencies)
    step = max(1, len(latencies) // shown)
    return Reported(
        sum(report.received for report in reports),
        sum(report.duplicates for report in reports),
        sum(report.misordered for report in reports),
        latencies[step // 2 :: step],
    )
