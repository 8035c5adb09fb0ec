"""Running handlers: side by side, at most so many, the important first, else in the order of arrival.

Workers take jobs from one queue, so that a handler that does not wait costs no task of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from overlay.endpoint.caught import Caught
from overlay.endpoint.jobs import Jobs
from overlay.naming.subjects import Priority
from overlay.patience import comes_within
from overlay.transport.contract import OnError

Job = Callable[[], Awaitable[None]]


_TURN = 64
"""After so many jobs that did not wait for anything, everybody else has a turn."""


class Work:
    """At most `at_once` jobs run and `waiting` wait; `submit` waits for room."""

    def __init__(self, at_once: int, waiting: int, on_error: OnError) -> None:
        self._at_once = at_once
        self._waiting = waiting
        self._on_error = on_error
        self._jobs: Jobs[Job] = Jobs()
        self._workers: set[asyncio.Task[None]] = set()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._submitters: deque[asyncio.Future[None]] = deque()
        self._called = False  # a worker was called and has not begun: it will look at all jobs
        self._done = asyncio.Event()
        self._done.set()
        self._stopped = False
        self.running = 0

    async def submit(self, job: Job, priority: Priority = Priority.NORMAL) -> None:
        """Take a job; returns when it is queued, after waiting for room. After `stop` jobs are dropped."""
        while not self._stopped and len(self._jobs) >= self._waiting:
            room = asyncio.get_running_loop().create_future()
            self._submitters.append(room)
            await room
        if self._stopped:
            return
        self._jobs.put(job, priority)
        self._done.clear()
        self._call_worker()

    @property
    def busy(self) -> int:
        """How many jobs run or wait."""
        return self.running + len(self._jobs)

    async def drain(self, timeout_s: float) -> bool:
        """Wait until all jobs ended; False when they did not within `timeout_s`."""
        return await comes_within(self._done, timeout_s)

    async def stop(self) -> None:
        """Cancel what still runs, forget what waits."""
        self._stopped = True
        self._jobs.clear()
        for room in self._submitters:
            if not room.done():
                room.set_result(None)
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _call_worker(self) -> None:
        if self._called:
            return
        if self._idle:
            self._called = True
            self._idle.popleft().set_result(None)
        elif len(self._workers) < self._at_once:
            self._called = True
            task = asyncio.get_running_loop().create_task(self._run())
            self._workers.add(task)
            task.add_done_callback(self._workers.discard)

    async def _run(self) -> None:
        done = 0
        while True:
            self._called = False
            while self._jobs:
                job = self._jobs.take()
                if self._jobs:
                    self._call_worker()  # should this job wait for something, the next ones need not
                await self._one(job)
                done += 1
                if not done % _TURN:
                    await asyncio.sleep(0)
            if not self.running:
                self._done.set()
            called = asyncio.get_running_loop().create_future()
            self._idle.append(called)
            await called

    async def _one(self, job: Job) -> None:
        while self._submitters:
            room = self._submitters.popleft()
            if not room.done():
                room.set_result(None)
                break
        self.running += 1
        try:
            with Caught() as caught:
                await job()
        finally:
            self.running -= 1
        if caught.error is not None:
            self._on_error("handler", caught.error)
