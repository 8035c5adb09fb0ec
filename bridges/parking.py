"""Stored messages that cannot leave now: out of the way of the others, and back when there is a way.

One window is open to our broker for all that departs with one priority. A message that no link takes is held
here a moment while its link is only full, and else goes from the departures to a parking lot: another mailbox
of ours. A lot is read while there is a way to one of the domains that were seen in it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from zlib import crc32

from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, Overloaded
from overlay.naming.ids import GATEWAY, domain_of_token
from overlay.naming.mailboxes import LOTS, parking_lot
from overlay.naming.subjects import parked_subject, unparked_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnStored, Reader, Stored, Transport
from overlay.trust.keys import new_id
from overlay.wire.envelope import Header, decode_envelope

Reaches = Callable[[str], bool]
"""Whether a link is up by which a domain is reached."""


class Departing:
    """One stored message on its way out: a `Stored` whose `again` does not block the departures."""

    def __init__(self, parking: Parking, stored: Stored) -> None:
        self.stored = stored
        self.domain = domain_of_token(stored.delivery.subject.split(".")[4])
        self.offering = False
        self.back = False
        self._parking = parking

    @property
    def delivery(self) -> Delivery:
        """See `Stored`."""
        return self.stored.delivery

    @property
    def attempt(self) -> int:
        """See `Stored`."""
        return self.stored.attempt

    async def ack(self) -> None:
        """See `Stored`."""
        await self.stored.ack()

    async def again(self, delay_s: float = 0.0) -> None:
        """No link took it, or none delivered it."""
        if self.offering:
            self.back = True
        else:
            await self._parking.park(self, delay_s)


class Parked:
    """One from a lot, under the subject on which it departed."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        delivery = stored.delivery
        self.delivery = Delivery(unparked_subject(delivery.subject), delivery.payload)
        self.domain = domain_of_token(self.delivery.subject.split(".")[4])

    @property
    def attempt(self) -> int:
        """See `Stored`."""
        return self._stored.attempt

    async def ack(self) -> None:
        """See `Stored`."""
        await self._stored.ack()

    async def again(self, delay_s: float = 0.0) -> None:
        """See `Stored`."""
        await self._stored.again(delay_s)


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
        self._reaches = reaches
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._complain = complain
        self._held: defaultdict[str, deque[Departing]] = defaultdict(deque)
        self._holding = asyncio.Event()
        self._parked: Counter[str] = Counter()
        """By domain, as far as we know: what we parked less what we took from lots."""
        self._seen: list[set[str]] = [set() for _ in range(LOTS)]
        """Which domains have something in a lot."""
        self._quiet = [False] * LOTS
        """Whether nothing came from a lot since the last look."""
        self._readers: dict[int, Reader] = {}

    async def departed(self, stored: Stored) -> None:
        """Handler of the stored half of the departures."""
        try:
            departing = Departing(self, stored)
        except (BadInput, IndexError):
            await self._outflow(stored)  # it says what is wrong with it
            return
        if self._held.get(departing.domain):
            await self._hold(departing)  # behind those before it
        elif not await self._offer(departing):
            await self._hold(departing)

    async def park(self, departing: Departing, delay_s: float) -> None:
        """Into its lot; where that is not possible, back to the departures after `delay_s`."""
        domain, delivery = departing.domain, departing.delivery
        header = decode_envelope(delivery.payload).header
        if self._parked[domain] >= self._settings.gateway_parked:
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
        self._parked[domain] += 1
        self._seen[lot].add(domain)
        self._counters["parked"] += 1
        await departing.ack()

    async def run(self) -> None:
        """Until cancelled; then it takes nothing more from lots."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump())
                group.create_task(self._attend())
        finally:
            await asyncio.gather(*(reader.stop() for reader in self._readers.values()))

    async def _offer(self, departing: Departing) -> bool:
        departing.offering, departing.back = True, False
        try:
            await self._outflow(departing)
        finally:
            departing.offering = False
        return not departing.back

    async def _hold(self, departing: Departing) -> None:
        """While its link is up, and full: it will have room soon."""
        held = self._held[departing.domain]
        alone = sum(1 for one in self._held.values() if one) <= 1
        most = self._settings.stored_in_flight // (2 if alone else 8)
        if len(held) >= most or not self._reaches(departing.domain):
            await self._park_all(departing.domain, held)
            await self.park(departing, 0.0)
        else:
            held.append(departing)
            self._counters["held-for-room"] += 1
            self._holding.set()

    async def _park_all(self, domain: str, held: deque[Departing]) -> None:
        if not self._reaches(domain):
            while held:
                await self.park(held.popleft(), 0.0)

    async def _pump(self) -> None:
        """Those that are held, as soon as there is room."""
        while True:
            await self._holding.wait()
            await asyncio.sleep(self._settings.gateway_room_wait_s)
            for domain, held in list(self._held.items()):
                await self._park_all(domain, held)
                while held and await self._offer(held[0]):
                    held.popleft()
                if not held:
                    del self._held[domain]
            if not self._held:
                self._holding.clear()

    async def _attend(self) -> None:
        """Read the lots from which something can leave, and those of which nothing is known."""
        while True:
            for lot, seen in enumerate(self._seen):
                reached = {domain for domain in seen if self._reaches(domain)}
                if reached and lot in self._readers and self._quiet[lot]:
                    seen -= reached  # nothing of them is here any more, whoever took it
                    for domain in reached:
                        self._parked[domain] = 0
                self._quiet[lot] = lot in self._readers
                wanted = bool(reached) or not seen
                if wanted and lot not in self._readers:
                    await self._open(lot)
                elif not wanted and lot in self._readers:
                    await self._readers.pop(lot).stop()
            await asyncio.sleep(self._settings.gateway_poll_s)

    async def _open(self, lot: int) -> None:
        async def take(stored: Stored) -> None:
            parked = Parked(stored)
            self._seen[lot].add(parked.domain)
            self._quiet[lot] = False
            if stored.attempt == 1:
                self._parked[parked.domain] = max(0, self._parked[parked.domain] - 1)
                self._counters["unparked"] += 1
            await self._outflow(parked)

        try:
            self._readers[lot] = await self._transport.read_stored(parking_lot(GATEWAY, lot), take)
        except OverlayError as error:
            self._counters[f"lot-{error.reason}"] += 1
