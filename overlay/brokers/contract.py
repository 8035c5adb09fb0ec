"""What a domain asks of a broker that it runs itself."""

from __future__ import annotations

from typing import Protocol

from overlay.transport.address import BrokerAddress


class Broker(Protocol):
    """One broker with a folder of its own. It outlives the process that started it, and is found again."""

    @property
    def address(self) -> BrokerAddress:
        """Where parties reach it; the same before and after a restart."""

    async def start(self) -> None:
        """Returns when the broker answers; does nothing when it already runs. Raises BadSettings (program
        missing, configuration refused) or Unavailable (port taken, did not answer in time), both with the
        reason out of the broker's log.
        """

    async def refresh(self) -> None:
        """Take in roots and certificate that were replaced in their files; who is connected stays. Raises
        BadSettings, Unavailable.
        """

    async def stop(self) -> None:
        """Returns when the broker and what it started have ended. Idempotent."""

    def running(self) -> bool:
        """Whether its process is there."""
