"""Fixtures of the registry's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def other(tmp_path: Path, town: Town) -> Iterator[Town]:
    """Another domain, which `town` is peered with."""
    made = Town(tmp_path, "b.example", clock=town.clock)
    town.peer_with(made)
    yield made
    made.store.close()
