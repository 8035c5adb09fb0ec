"""Fixtures of the registry's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.registry.town import Town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    made = Town()
    await made.open()
    yield made
    await made.store.close()


@pytest.fixture
async def other(town: Town) -> AsyncIterator[Town]:
    """Another domain, which `town` is peered with."""
    made = Town("b.example", clock=town.clock)
    await made.open()
    await town.peer_with(made)
    yield made
    await made.store.close()
