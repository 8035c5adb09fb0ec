"""The broker in memory under test."""

from __future__ import annotations

from overlay.clock import system_clock
from overlay.settings import Settings
from overlay.transport.contract import OnError, Provisioner, Transport
from overlay.transport.memory import MemoryProvisioner, MemoryTransport
from overlay.transport.memory_broker import MemoryBroker


class MemorySubject:
    """See `subject.Subject`."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._broker = MemoryBroker(lambda: system_clock() + self._ahead)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def connect(self, party: str, settings: Settings, on_error: OnError) -> Transport:
        return await MemoryTransport.connect(self._broker, party, settings, on_error)

    async def provisioner(self) -> Provisioner:
        return MemoryProvisioner(self._broker)

    async def halt(self) -> None:
        self._broker.stop()

    async def resume(self) -> None:
        self._broker.start()

    async def apart(self) -> MemorySubject:
        return MemorySubject()

    async def done_apart(self, other: object) -> None:
        """Nothing to clear away."""

    async def pass_time(self, seconds: float) -> None:
        self._ahead += seconds
