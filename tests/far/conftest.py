"""A parent and two children, live, for all tests of this folder that want domains which are no peers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from overlay.domain.folder import DomainFolder
from tests.far.family import NATS, RABBITMQ, family
from tests.integration.people import LIMIT_S

_PATIENT = {
    "OVERLAY_GATEWAY_POLL_S": "0.2",
    "OVERLAY_SERVICE_START_TIMEOUT_S": "240",
    "OVERLAY_RABBITMQ_START_TIMEOUT_S": "240",
    "OVERLAY_ASK_TIMEOUT_S": str(LIMIT_S),
}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def relatives() -> AsyncIterator[Mapping[str, DomainFolder]]:
    """p.example (NATS), the parent of a.example (RabbitMQ) and d.example (NATS): leave it so."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _PATIENT.items():
            patch.setenv(name, value)
        async with family(("a.example", RABBITMQ), ("d.example", NATS)) as folders:
            yield folders
