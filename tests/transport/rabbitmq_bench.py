"""A transport test's own relay, names and connections on the RabbitMQ of this run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.conformance.bench import Bench, bench_on
from tests.conformance.rabbitmq_subject import RabbitSubject
from tests.rabbitmq_live import LiveRabbit


@asynccontextmanager
async def rabbit_bench(live: LiveRabbit) -> AsyncIterator[Bench]:
    """With a relay of its own, which the test may cut."""
    subject = RabbitSubject(live)
    await subject.start()
    try:
        async with bench_on(subject) as bench:
            yield bench
    finally:
        await subject.stop()
