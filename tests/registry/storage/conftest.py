"""Every test of this folder runs on every kind of store that can do what it is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.registry.storage.subject import History
from tests.registry.storage.subjects import BucketHistory, BucketServer, MemoryHistory, SqliteHistory

_Kind = type[MemoryHistory] | type[SqliteHistory] | type[BucketHistory]
_KINDS: dict[str, _Kind] = {"memory": MemoryHistory, "sqlite": SqliteHistory, "jetstream": BucketHistory}


def _with(feature: str) -> list[str]:
    return [name for name, kind in _KINDS.items() if getattr(kind.features, feature)]


async def _made(kind: str, folder: Path, server: BucketServer) -> AsyncIterator[History]:
    made: History
    if kind == "jetstream":
        made = BucketHistory(folder, server)
    else:
        made = MemoryHistory(folder) if kind == "memory" else SqliteHistory(folder)
    yield made
    await made.close()


@pytest.fixture(params=list(_KINDS))
async def history(
    request: pytest.FixtureRequest, tmp_path: Path, bucket_server: BucketServer
) -> AsyncIterator[History]:
    """A fresh one, of every kind."""
    async for made in _made(request.param, tmp_path, bucket_server):
        yield made


@pytest.fixture(params=_with("several_handles"))
async def shared(
    request: pytest.FixtureRequest, tmp_path: Path, bucket_server: BucketServer
) -> AsyncIterator[History]:
    """Of the kinds that several processes can use."""
    async for made in _made(request.param, tmp_path, bucket_server):
        yield made


@pytest.fixture(params=_with("survives_restart"))
async def lasting(
    request: pytest.FixtureRequest, tmp_path: Path, bucket_server: BucketServer
) -> AsyncIterator[History]:
    """Of the kinds that lie on a disk."""
    async for made in _made(request.param, tmp_path, bucket_server):
        yield made


@pytest.fixture(params=_with("loses_connections"))
async def remote(
    request: pytest.FixtureRequest, tmp_path: Path, bucket_server: BucketServer
) -> AsyncIterator[History]:
    """Of the kinds that are reached over a network."""
    async for made in _made(request.param, tmp_path, bucket_server):
        yield made


@pytest.fixture
async def bucket(tmp_path: Path, bucket_server: BucketServer) -> AsyncIterator[BucketHistory]:
    """A fresh bucket."""
    made = BucketHistory(tmp_path, bucket_server)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BucketServer]:
    """A nats-server for all buckets of this run."""
    made = BucketServer(tmp_path_factory.mktemp("bucket-server"))
    await made.start()
    yield made
    await made.stop()
