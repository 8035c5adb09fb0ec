"""Every test of this folder runs on every broker: `<name>_subject` is the fixture that starts one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conformance.bench import Bench, bench_on
from tests.conformance.memory_subject import MemorySubject
from tests.conformance.nats_subject import NatsSubject
from tests.conformance.rabbitmq_subject import RabbitSubject
from tests.conformance.subject import Subject
from tests.rabbitmq_live import LiveRabbit

BROKERS = ("memory", "nats", "rabbitmq")


@pytest.fixture(scope="session", params=BROKERS)
def subject(request: pytest.FixtureRequest) -> Subject:
    """A running broker that all tests share."""
    made: Subject = request.getfixturevalue(f"{request.param}_subject")
    return made


@pytest.fixture(scope="session")
def memory_subject() -> Subject:
    """The reference."""
    return MemorySubject()


@pytest.fixture(scope="session")
async def nats_subject() -> AsyncIterator[Subject]:
    """A nats-server with admission."""
    made = NatsSubject()
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.fixture(scope="session")
async def rabbitmq_subject(rabbitmq: LiveRabbit) -> AsyncIterator[Subject]:
    """The RabbitMQ of this run."""
    made = RabbitSubject(rabbitmq)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def bench(subject: Subject) -> AsyncIterator[Bench]:
    """Fresh names on the shared broker."""
    async with bench_on(subject) as made:
        yield made


@pytest.fixture
async def apart(subject: Subject) -> AsyncIterator[Bench]:
    """Fresh names on a broker that the test may halt."""
    other = await subject.apart()
    try:
        async with bench_on(other) as made:
            yield made
    finally:
        await subject.done_apart(other)
