"""One message to all of several."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId


async def send_to_all(
    endpoint: Endpoint, parties: Sequence[PartyId], body: bytes, topic: str, *, reliable: bool
) -> int:
    """To how many it was sent. Raises what sending to one of them raised, after all were tried."""
    failed: OverlayError | None = None
    for party in parties:
        try:
            await endpoint.send(party, body, topic=topic, reliable=reliable)
        except OverlayError as error:
            failed = error
    if failed is not None:
        raise failed
    return len(parties)
