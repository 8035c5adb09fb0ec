"""Names, connections and a relay of a test's own on the RabbitMQ of this run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conformance.bench import Bench, bench_on
from tests.conformance.rabbitmq_subject import RabbitSubject
from tests.rabbitmq_live import LiveRabbit


@pytest.fixture
async def rabbit(rabbitmq: LiveRabbit) -> AsyncIterator[Bench]:
    """The test may cut it off (`subject.halt`)."""
    subject = RabbitSubject(rabbitmq)
    await subject.start()
    try:
        async with bench_on(subject) as made:
            yield made
    finally:
        await subject.stop()
