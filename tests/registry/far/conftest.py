"""Fixtures of the tests of far domains."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.registry.far.chain import Chain


@pytest.fixture
async def chain() -> AsyncIterator[Chain]:
    made = await Chain.opened()
    yield made
    await made.close()
