"""Stored messages that cannot leave now: out of the way of the others, and back when there is a way.

One window is open to our broker for all that departs with one priority. A message that no link takes is held
a moment while its link is only full (`holding.py`); else it goes from the departures to a parking lot, which
is another mailbox of ours. A lot is read while there is a way to one of the domains that were seen in it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from zlib import crc32

from bridges.holding import Holding, Reaches
from bridges.leaving import Lane, Leaving
from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, Overloaded
from overlay.naming.ids import GATEWAY
from overlay.naming.mailboxes import LOTS, parking_lot
from overlay.naming.subjects import Priority, parked_subject, unparked_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnStored, Reader, Stored, Transport
from overlay.trust.keys import new_id
from overlay.wire.envelope import Header, decode_envelope


class Parking:
    """Of one gateway process. `run` it beside; `departed` is the handler of what departs."""

    def __init__(
        self,
        transport: Transport,
        outflow: OnStored,
        reaches: Reaches,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        complain: Callable[[Header, OverlayError], None],
    ) -> None:
        self._transport = transport
        self._outflow = outflow
        self._holding = Holding(outflow, reaches, settings, counters)
        self._reaches = reaches
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._complain = complain
        self._parked: Counter[Lane] = Counter()
        """As far as we know: what we parked less what we took from lots."""
        self._seen: list[set[str]] = [set() for _ in range(LOTS)]
        """Which domains have something in a lot."""
        self._quiet = [False] * LOTS
        """Whether nothing came from a lot since the last look."""
        self._readers: dict[int, Reader] = {}

    async def departed(self, stored: Stored) -> None:
        """Handler of the stored half of the departures."""
        try:
            departing = Leaving(stored, stored.delivery, self.park)
        except (BadInput, ValueError):
            await self._outflow(stored)  # it says what is wrong with it
            return
        if self._parked[departing.lane] > 0:
            await self.park(departing, 0.0)  # behind those before it
        else:
            await self._holding.leave(departing)

    async def park(self, departing: Leaving, delay_s: float) -> None:
        """Into its lot; where that is not possible, back to the departures after `delay_s`."""
        domain, delivery = departing.domain, departing.delivery
        try:
            header = decode_envelope(delivery.payload).header
        except BadInput:
            await self._outflow(departing.stored)  # it says what is wrong with it
            return
        if self._parked[departing.lane] >= self._settings.gateway_parked:
            self._counters["parking-full"] += 1
            error = Overloaded(
                f"too much waits for {domain} already (gateway_parked)", self._settings.gateway_again_max_s
            )
            self._complain(header, error)
            await departing.ack()
            return
        lot = crc32(domain.encode()) % LOTS
        ttl_s = max(1.0, header.deadline_ms / 1000 - self._clock())
        subject = parked_subject(delivery.subject, lot, GATEWAY)
        try:  # under an ID of its own: it may be parked again
            await self._transport.store(subject, delivery.payload, message_id=new_id().hex(), ttl_s=ttl_s)
        except OverlayError as error:
            self._counters[f"not-parked-{error.reason}"] += 1
            await departing.stored.again(max(delay_s, self._settings.gateway_again_s))
            return
        self._parked[departing.lane] += 1
        self._seen[lot].add(domain)
        self._counters["parked"] += 1
        await departing.ack()

    async def run(self) -> None:
        """Until cancelled; then it takes nothing more from lots."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._holding.run())
                group.create_task(self._attend())
        finally:
            await asyncio.gather(*(reader.stop() for reader in self._readers.values()))

    async def _attend(self) -> None:
        """Read the lots from which something can leave, and those of which nothing is known."""
        while True:
            for lot in range(LOTS):
                seen = self._seen[lot]
                reached = {domain for domain in seen if self._reaches(domain)}
                if reached and lot in self._readers and self._quiet[lot]:
                    for domain in reached:  # nothing of it is here any more, whoever took it
                        seen.discard(domain)
                        for priority in Priority:
                            self._parked[domain, priority] = 0
                self._quiet[lot] = lot in self._readers
                wanted = bool(reached) or not seen
                if wanted and lot not in self._readers:
                    await self._open(lot)
                elif not wanted and lot in self._readers:
                    await self._readers.pop(lot).stop()
            await asyncio.sleep(self._settings.gateway_poll_s)

    async def _open(self, lot: int) -> None:
        async def take(stored: Stored) -> None:
            delivery = Delivery(unparked_subject(stored.delivery.subject), stored.delivery.payload)
            parked = Leaving(stored, delivery)
            self._seen[lot].add(parked.domain)
            self._quiet[lot] = False
            if stored.attempt == 1:
                self._parked[parked.lane] = max(0, self._parked[parked.lane] - 1)
                self._counters["unparked"] += 1
            await self._holding.leave(parked)

        try:
            self._readers[lot] = await self._transport.read_stored(parking_lot(GATEWAY, lot), take)
        except OverlayError as error:
            self._counters[f"lot-{error.reason}"] += 1
