"""What the suite needs of a broker under test. Each adapter supplies one; see `memory_subject`."""

from __future__ import annotations

from typing import Protocol

from overlay.settings import Settings
from overlay.transport.contract import OnError, Provisioner, Transport


class Subject(Protocol):
    """One running broker. Made and started by a fixture, stopped by it at the end."""

    async def start(self) -> None:
        """Returns when the broker lets parties in."""

    async def stop(self) -> None:
        """End it for good, with everything it left behind. Idempotent."""

    async def connect(self, party: str, settings: Settings, on_error: OnError) -> Transport:
        """A connection of `party` (an agent's name), whatever it takes to let it in: users, permissions,
        certificates. May be called several times for one party; the bench closes the transport.
        """

    async def provisioner(self) -> Provisioner:
        """Connected as the domain itself; the bench closes it."""

    async def halt(self) -> None:
        """An outage: the broker is gone until `resume`, what it stored safely stays."""

    async def resume(self) -> None:
        """The same broker, at the same address, is back."""

    async def apart(self) -> Subject:
        """A broker that a test may halt: started, of its own where that is cheap, else this one."""

    async def done_apart(self, other: Subject) -> None:
        """The test is done with what `apart` gave; it may be halted."""

    async def pass_time(self, seconds: float) -> None:
        """Returns when the broker's clock is this much further."""
