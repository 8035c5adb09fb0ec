"""Messages of one stream are handed over in the order of their sending, within bounds (decision 25)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from overlay.endpoint.arriving import Place
from overlay.endpoint.caught import Caught
from overlay.endpoint.given_back import GivenBack, Key
from overlay.endpoint.order import Order
from overlay.endpoint.state import State
from overlay.endpoint.verifier import Verified
from overlay.settings import Settings
from overlay.transport.contract import OnError, OnStored, Stored

Job = Callable[[], Awaitable[None]]
_IDLE_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A stored message that waits for its turn."""

    key: Key
    stored: Stored
    job: Job


class Resequencing:
    """Of one process. `run` beside the endpoint: it lets go on what waited long enough."""

    def __init__(
        self, state: State, owner: str, settings: Settings, counters: Counter[str], on_error: OnError
    ) -> None:
        self._state = state
        self._owner = owner
        self._counters = counters
        self._on_error = on_error
        size, most = settings.peers_counted, settings.order_held
        self._stored: Order[_Held] = Order(settings.order_wait_s, most, size, counters, "order")
        self._realtime: Order[Job] = Order(
            settings.realtime_order_wait_s, most, size, counters, "realtime-order"
        )
        self._unlike: set[tuple[object, int]] = set()
        """Realtime streams in which a message came late."""
        self._size = size
        self._back_s = settings.order_back_s
        self._stuck_s = settings.order_stuck_s
        self._given_back = GivenBack()
        self._new_at = 0.0
        """When something came last that was not given back before."""
        self._handing = asyncio.Lock()
        """So that what was released is handed over before what comes after it."""
        self._wake = asyncio.Event()

    async def stored(self, verified: Verified, stored: Stored, handle: OnStored) -> None:
        """Hand it to `handle` when it is its turn: now, or later beside. That must not take long. Where too
        many wait for theirs, those that are furthest ahead go back to the broker for a while.
        """
        content, sender = verified.content, verified.sender.party
        key = (sender, verified.header.id)
        job = partial(handle, self._given_back.recounted(key, stored))
        if not content.stream or content.sequence < 1:
            return await job()
        place = Place(sender, content.stream, content.sequence, content.oldest, content.gone)
        async with self._handing:
            if self._stored.passes(place):
                return await job()
            if not self._stored.knows(place):
                self._stored.begin(place, max(place.oldest, self._reached(place) + 1))
            wait = place.number <= place.oldest or self._state.alone(self._owner)
            now = asyncio.get_running_loop().time()
            if not self._given_back.had(key):
                self._new_at = now
            ready = self._stored.put(place, _Held(key, stored, job), now, wait=wait)
            if now - self._new_at > self._stuck_s:  # perhaps they fill all that the broker lets us have
                ready += self._stored.relieve(now)
            for held in self._stored.give_back():
                await self._given_back.give(held.key, held.stored, self._back_s)
            await self._hand_over([held.job for held in ready])
        return None

    async def realtime(self, verified: Verified, job: Job) -> None:
        """The same for a realtime message; one that is missing is waited for only in streams where one came
        late before.
        """
        content = verified.content
        if not content.stream or content.sequence < 1:
            return await job()
        place = Place(verified.sender.party, content.stream, content.sequence, 0)
        order = self._realtime
        if order.passes(place):
            return await job()
        async with self._handing:
            if not order.knows(place):
                order.begin(place, place.number)
            key = (place.sender, place.stream)
            late = self._counters["realtime-order-late"]
            now = asyncio.get_running_loop().time()
            ready = order.put(place, job, now, wait=key in self._unlike)
            if self._counters["realtime-order-late"] > late and len(self._unlike) < self._size:
                self._unlike.add(key)
            await self._hand_over([*ready, *order.relieve(now)])
        return None

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            orders = (self._stored, self._realtime)
            due = min(order.next_due() or loop.time() + _IDLE_S for order in orders)
            self._wake.clear()
            try:
                async with asyncio.timeout(max(0.0, due - loop.time())):
                    await self._wake.wait()
            except TimeoutError:
                async with self._handing:
                    await self._run_jobs([held.job for held in self._stored.due(loop.time())])
                    await self._run_jobs(self._realtime.due(loop.time()))

    def _reached(self, place: Place) -> int:
        return self._state.reached(place.sender, place.stream)

    async def _hand_over(self, ready: Sequence[Job]) -> None:
        if self._stored.held or self._realtime.held:
            self._wake.set()
        await self._run_jobs(ready)

    async def _run_jobs(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            with Caught() as caught:  # the next one is another message
                await job()
            if caught.error is not None:
                self._on_error("handing over a message", caught.error)
