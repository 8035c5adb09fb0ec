"""One connection of a party to its broker, with the slot that is claimed there and what is read over it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from overlay.endpoint.dial import Connect
from overlay.endpoint.party import Party
from overlay.naming.mailboxes import Mailbox
from overlay.transport.contract import OnDelivery, OnError, OnStored, Reader, Transport


@dataclass(frozen=True, slots=True)
class Reading:
    """A mailbox that is read by whichever process of the party is free; its stored half, or the realtime."""

    mailbox: Mailbox
    realtime: OnDelivery | None = None
    stored: OnStored | None = None


class Carrier:
    """Made by `open`; `close` it."""

    def __init__(self, transport: Transport, slot: str) -> None:
        self.transport = transport
        self.slot = slot
        self._inbox: Reader | None = None
        self._readers: list[tuple[Mailbox, Reader]] = []

    @classmethod
    async def open(cls, party: Party, connect: Connect, on_error: OnError) -> Carrier:
        """Raises Unreachable, Refused, Overloaded (no free slot)."""
        transport = await connect(party, on_error)
        try:
            slot = await transport.claim_slot(party.id.name)
        except BaseException:
            await transport.close()
            raise
        return cls(transport, slot)

    @property
    def dropped(self) -> int:
        """How many messages its readers had no room for."""
        return sum(reader.dropped for reader in (self._inbox, *self._shared) if reader)

    @property
    def _shared(self) -> list[Reader]:
        return [reader for _, reader in self._readers]

    async def read_inbox(self, inbox: Mailbox, handler: OnDelivery) -> None:
        """Read what is for this process alone. Raises Refused."""
        self._inbox = await self.transport.read(inbox, handler)

    async def read(self, reading: Reading) -> None:
        """Read what is for the party. Raises Refused."""
        if reading.realtime is not None:
            reader = await self.transport.read(reading.mailbox, reading.realtime)
            self._readers.append((reading.mailbox, reader))
        if reading.stored is not None:
            reader = await self.transport.read_stored(reading.mailbox, reading.stored)
            self._readers.append((reading.mailbox, reader))

    async def cover(self, mailbox: Mailbox) -> None:
        """What is read of this mailbox is what it covers now. Raises Refused where that needs another
        connection.
        """
        for read, reader in self._readers:
            if read.name == mailbox.name:
                await reader.cover(mailbox)

    async def finish_shared(self, timeout_s: float) -> None:
        """Leave what is for the party to others; what came here is handled and settled here, if it can be
        within `timeout_s`.
        """
        await asyncio.gather(*(reader.finish(timeout_s) for reader in self._shared))
        await self.stop_shared()

    async def stop_shared(self) -> None:
        """The same at once: what is not settled is given back. Idempotent."""
        for reader in self._shared:
            await reader.stop()

    async def finish_inbox(self, timeout_s: float) -> None:
        """Let the last that came for this process be handled."""
        if self._inbox is not None:
            await self._inbox.finish(timeout_s)

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        await self.transport.close()
