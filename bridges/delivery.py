"""The last step inside: what arrived for an agent of ours is published, or stored, at our broker."""

from __future__ import annotations

from bridges.border.arrival import Arrival
from overlay.clock import Clock
from overlay.errors import Expired
from overlay.transport.contract import Transport


async def deliver(transport: Transport, arrival: Arrival, clock: Clock, *, stored: bool) -> None:
    """Returns when the broker has it. Raises Expired, and what the transport raises."""
    if not stored:
        await transport.publish(arrival.subject, arrival.envelope)
        return
    ttl_s = arrival.until - clock()
    if ttl_s <= 0:
        raise Expired(f"a message of {arrival.header.sender} was past its deadline before it was stored")
    await transport.store(arrival.subject, arrival.envelope, message_id=arrival.message_id, ttl_s=ttl_s)
