"""What the processes of a gateway say to the registry to know of each other (GW-23). Pure."""

from __future__ import annotations

import msgspec


class GatewayAlive(msgspec.Struct, frozen=True):
    """A process of our gateway: still here."""

    process: str
    """Its slot at our broker."""
    linked: tuple[str, ...] = ()
    """The peers that it reaches."""
    leaving: bool = False
    """It ends: the others do without it from now on."""
    seat: str = ""
    """There is one process at a time in it: who was there before is gone."""


class GatewayProcess(msgspec.Struct, frozen=True):
    """What the registry keeps of it."""

    process: str
    linked: tuple[str, ...]
    since: float
    until: float
    """When it is gone unless it says more."""
    seat: str = ""


class GatewayProcesses(msgspec.Struct, frozen=True):
    """All that are alive, the oldest first."""

    processes: tuple[GatewayProcess, ...]
