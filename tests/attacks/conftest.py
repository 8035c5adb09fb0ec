"""One live domain on each broker for all attacks, started once; each attack uses names of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from overlay.transport.address import BrokerKind
from tests.attacks.stage import Stage, both_stages

Stages = Mapping[BrokerKind, Stage]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stages]:
    async with both_stages(tmp_path_factory.mktemp("attacks")) as both:
        yield both


@pytest.fixture(params=[BrokerKind.NATS, BrokerKind.RABBITMQ], ids=str)
def stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """On NATS, then on RabbitMQ."""
    return stages[request.param]
