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

from overlay.backoff import doubled_s
from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, Overloaded
from overlay.naming.ids import GATEWAY, domain_of_token
from overlay.naming.mailboxes import LOTS, parking_lot
from overlay.naming.subjects import Priority, parked_subject, unparked_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnStored, Reader, Stored, Transport
from overlay.trust.keys import new_id
from overlay.wire.envelope import Header, decode_envelope

Reaches = Callable[[str], bool]
"""Whether a link is up by which a domain is reached."""


_Lane = tuple[str, str]
"""A domain and a priority: nothing waits behind another lane."""


class Leaving:
    """One stored message on its way out: a `Stored` that stays here a moment where a link is only full."""

    def __init__(self, parking: Parking, stored: Stored, delivery: Delivery) -> None:
        self.delivery = delivery
        _, _, priority, _, domain, *_ = delivery.subject.split(".")
        self.domain = domain_of_token(domain)
        self.lane = (self.domain, priority)
        self.offering = False
        self.back = False
        self.since = 0.0
        """When it was held for the first time."""
        self.parking = parking
        self.stored = stored

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
            await self.put_off(delay_s)

    async def put_off(self, delay_s: float = 0.0) -> None:
        """Not now."""
        await self.stored.again(delay_s)


class Departing(Leaving):
    """From the departures, which it must not block."""

    async def put_off(self, delay_s: float = 0.0) -> None:
        """See `Leaving`."""
        await self.parking.park(self, delay_s)


class Parked(Leaving):
    """From a lot, under the subject on which it departed."""


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
        self._held: defaultdict[_Lane, deque[Leaving]] = defaultdict(deque)
        self._holding = asyncio.Event()
        self._parked: Counter[_Lane] = Counter()
        """As far as we know: what we parked less what we took from lots."""
        self._seen: list[set[str]] = [set() for _ in range(LOTS)]
        """Which domains have something in a lot."""
        self._quiet = [False] * LOTS
        """Whether nothing came from a lot since the last look."""
        self._readers: dict[int, Reader] = {}

    async def departed(self, stored: Stored) -> None:
        """Handler of the stored half of the departures."""
        try:
            departing = Departing(self, stored, stored.delivery)
        except (BadInput, ValueError):
            await self._outflow(stored)  # it says what is wrong with it
            return
        if self._parked[departing.lane] > 0:
            await self.park(departing, 0.0)  # behind those before it
        else:
            await self._leave(departing)

    async def park(self, departing: Departing, delay_s: float) -> None:
        """Into its lot; where that is not possible, back to the departures after `delay_s`."""
        domain, delivery = departing.domain, departing.delivery
        header = decode_envelope(delivery.payload).header
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
                group.create_task(self._pump())
                group.create_task(self._attend())
        finally:
            await asyncio.gather(*(reader.stop() for reader in self._readers.values()))

    async def _leave(self, leaving: Leaving) -> None:
        held = self._held.get(leaving.lane)
        if held or not await self._offer(leaving):
            await self._hold(leaving)

    async def _offer(self, leaving: Leaving) -> bool:
        leaving.offering, leaving.back = True, False
        try:
            await self._outflow(leaving)
        finally:
            leaving.offering = False
        return not leaving.back

    async def _hold(self, leaving: Leaving) -> None:
        """While its link is up, and only full: it will have room soon."""
        if not self._reaches(leaving.domain):
            await leaving.put_off(self._delay_s(leaving))
            return
        leaving.since = asyncio.get_running_loop().time()
        self._held[leaving.lane].append(leaving)
        self._counters["held-for-room"] += 1
        self._holding.set()

    async def _pump(self) -> None:
        """Those that are held, as soon as there is room; those for which there is none for long, put off."""
        while True:
            await self._holding.wait()
            await asyncio.sleep(self._settings.gateway_room_wait_s)
            for lane, held in list(self._held.items()):
                while held and await self._offer(held[0]):
                    held.popleft()
                if held and self._waits_long(held[0]):
                    await self._put_off(held)
                if not held:
                    del self._held[lane]
            if not self._held:
                self._holding.clear()

    def _waits_long(self, first: Leaving) -> bool:
        waited_s = asyncio.get_running_loop().time() - first.since
        return waited_s > self._settings.gateway_room_s or not self._reaches(first.domain)

    async def _put_off(self, held: deque[Leaving]) -> None:
        """What departs, to its lot; what comes from there stays, if its link is up: it blocks nobody else."""
        leaving = list(held)
        held.clear()
        for one in leaving:
            if isinstance(one, Parked) and self._reaches(one.domain):
                held.append(one)
            else:
                await one.put_off(self._delay_s(one))

    def _delay_s(self, leaving: Leaving) -> float:
        settings = self._settings
        return doubled_s(settings.gateway_again_s, settings.gateway_again_max_s, leaving.attempt)

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
            parked = Parked(self, stored, delivery)
            self._seen[lot].add(parked.domain)
            self._quiet[lot] = False
            if stored.attempt == 1:
                self._parked[parked.lane] = max(0, self._parked[parked.lane] - 1)
                self._counters["unparked"] += 1
            await self._leave(parked)

        try:
            self._readers[lot] = await self._transport.read_stored(parking_lot(GATEWAY, lot), take)
        except OverlayError as error:
            self._counters[f"lot-{error.reason}"] += 1
