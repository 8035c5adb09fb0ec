"""The connections of one endpoint: the current one, and after a renewal for a while the one before (CA-5).

The second connection is made, and reads everything, before the first is touched. Then what is sent goes over
the second, while the first lets its handlers end and takes the answers to what was asked over it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from overlay.endpoint.answers import Answers
from overlay.endpoint.carrier import Carrier, Reading
from overlay.endpoint.dial import Connect
from overlay.endpoint.party import Party
from overlay.errors import Refused, Unreachable
from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import OnDelivery, OnError


class Carriage:
    """Made by `open`; `begin` it, keep `run` running beside the endpoint, `close` it."""

    def __init__(self, carrier: Carrier, connect: Connect, on_error: OnError, settings: Settings) -> None:
        self.current = carrier
        """What is sent goes this way."""
        self._connect = connect
        self._on_error = on_error
        self._settings = settings
        self._open = [carrier]
        self._inbox: tuple[Callable[[str], Mailbox], OnDelivery] | None = None
        self._readings: list[Reading] = []
        self._changing = asyncio.Lock()
        self._leaving: asyncio.Queue[Carrier] = asyncio.Queue()
        self._left = asyncio.Event()
        self._dropped = 0
        self._over = False

    @classmethod
    async def open(cls, party: Party, connect: Connect, on_error: OnError) -> Carriage:
        """Raises Unreachable, Refused, Overloaded (no free slot)."""
        carrier = await Carrier.open(party, connect, on_error)
        return cls(carrier, connect, on_error, party.settings)

    @property
    def dropped(self) -> int:
        """How many messages readers had no room for, on all connections that there were."""
        return self._dropped + sum(carrier.dropped for carrier in self._open)

    async def begin(self, inbox: Callable[[str], Mailbox], handler: OnDelivery) -> None:
        """Read what is for this process alone; `inbox` names its mailbox by its slot. Raises Refused."""
        self._inbox = (inbox, handler)
        await self._read_inbox(self.current)

    async def read(self, reading: Reading) -> None:
        """Read this from now on, over whichever connection is the current one. Raises Refused."""
        async with self._changing:
            await self.current.read(reading)
            self._readings.append(reading)

    async def cover(self, mailbox: Mailbox, party: Party, use: Callable[[Carrier], None]) -> None:
        """The provisioner changed what one of our mailboxes covers: read that from now on, where need be over
        another connection, which `use` is told of when it is the current one.

        Raises Unreachable, Refused, Overloaded; then nothing has changed.
        """
        before = self._readings
        self._readings = [
            replace(reading, mailbox=mailbox) if reading.mailbox.name == mailbox.name else reading
            for reading in before
        ]
        try:
            if not await self._covers(mailbox, before):
                async with self.second(party) as carrier:
                    use(carrier)
        except BaseException:
            self._readings = before
            raise

    async def _covers(self, mailbox: Mailbox, before: Sequence[Reading]) -> bool:
        """Whether the present connection reads all of it, and may read nothing else."""
        fixed = self.current.transport.features.fixed_reading
        read = {
            pattern for one in before if one.mailbox.name == mailbox.name for pattern in one.mailbox.realtime
        }
        if fixed and read - set(mailbox.realtime):
            return False
        try:
            await self.current.cover(mailbox)
        except Refused:
            if not fixed:
                raise
            return False
        return True

    @asynccontextmanager
    async def second(self, party: Party) -> AsyncIterator[Carrier]:
        """A second connection, for the certificate of `party`, which reads all that the current one reads. It
        is the current one when the block ends well. One at a time. It waits until there is no other where
        slots are few, and else until no more than `renew_leaving` are leaving: their questions may take long.

        Raises Unreachable, Refused, Overloaded (no free slot); then nothing has changed.
        """
        async with self._changing:
            await self._has_room()
            carrier = await Carrier.open(party, self._connect, self._on_error)
            try:
                await self._read_all(carrier)
                yield carrier
            except BaseException:
                await carrier.close()
                raise
            self._open.append(carrier)
            if party.tls is not None:  # the broker may refuse the certificate before, and what was asked for
                self.current.transport.use_files(party.tls)  # over this connection comes over this one
            self._leaving.put_nowait(self.current)
            self.current = carrier

    def use_addresses(self, addresses: Sequence[BrokerAddress]) -> None:
        """Whoever has to come back goes to any of these."""
        for carrier in self._open:
            carrier.transport.use_addresses(addresses)

    async def alone(self) -> None:
        """Returns when the connections before the last renewal are closed."""
        await self._leaving.join()

    async def run(self, answers: Answers) -> None:
        """Let go of connections that a second one has taken the place of."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(self._let_go(await self._leaving.get(), answers))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def closed(self) -> None:
        """Returns when the last connection was closed by us; raises Unreachable when it was given up."""
        while True:
            carrier = self.current
            try:
                await carrier.transport.closed()
            except Unreachable:
                if carrier is self.current:
                    raise
            if carrier is self.current:
                return

    async def stop_shared(self) -> None:
        """Take nothing more that others could take, give back what is not settled."""
        for carrier in self._open:
            await carrier.stop_shared()

    async def close(self) -> None:
        """All connections; a second one that is just being made goes too."""
        self._over = True
        await asyncio.gather(*(carrier.close() for carrier in self._open))

    async def _read_all(self, carrier: Carrier) -> None:
        await self._read_inbox(carrier)
        for reading in self._readings:
            await carrier.read(reading)
        if self._over:
            raise Unreachable("the endpoint was closed while it made a second connection")

    async def _read_inbox(self, carrier: Carrier) -> None:
        assert self._inbox is not None
        inbox, handler = self._inbox
        await carrier.read_inbox(inbox(carrier.slot), handler)

    async def _has_room(self) -> None:
        many = self.current.transport.features.fixed_reading  # another for each channel; slots are no matter
        most = self._settings.renew_leaving if many else 1
        while len(self._open) > most:
            self._left.clear()
            await self._left.wait()

    async def _let_go(self, carrier: Carrier, answers: Answers) -> None:
        until = asyncio.get_running_loop().time() + self._settings.renew_overlap_s
        await asyncio.gather(
            carrier.finish_shared(self._settings.renew_overlap_s),
            answers.those_now(self._settings.renew_overlap_s),
            asyncio.sleep(self._settings.renew_linger_s),
        )
        await carrier.finish_inbox(until - asyncio.get_running_loop().time())
        await carrier.close()
        self._dropped += carrier.dropped
        self._open.remove(carrier)
        self._left.set()
        self._leaving.task_done()
