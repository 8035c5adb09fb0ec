"""An endpoint for one thing that an agent wants of its domain, however long the agent was off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.ca.roots.card_keeper import CardKeeper
from overlay.endpoint.dial import Connect, dial
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party


@asynccontextmanager
async def errand(party: Party, home: Home, *, connect: Connect = dial) -> AsyncIterator[Endpoint]:
    """It knows the domain's roots of now: one that was news to us may issue. Raises as `Endpoint.open`."""
    async with Endpoint.open(party, connect=connect) as endpoint:
        await CardKeeper(endpoint, home).begin()
        yield endpoint
