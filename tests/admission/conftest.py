"""One live domain on NATS for all tests of this folder; each test uses names of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.admission.nats_domain import NatsDomain, nats_domain


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def domain(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsDomain]:
    async with nats_domain(tmp_path_factory.mktemp("nats") / 'it\'s "ours"') as running:
        yield running
