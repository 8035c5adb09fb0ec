"""How an endpoint reaches the brokers of its domain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.endpoint.party import Party
from overlay.errors import BadSettings
from overlay.transport.connect import connect
from overlay.transport.contract import OnError, Transport

Connect = Callable[[Party, OnError], Awaitable[Transport]]


async def dial(party: Party, on_error: OnError) -> Transport:
    """The first broker of the domain card that lets us in. Raises BadSettings, Unreachable, Refused."""
    if party.tls is None:
        raise BadSettings(f"{party.id} has no files to prove itself to a broker with: load it from its home")
    return await connect(party.addresses, party.tls, party.id.name, party.settings, on_error)
