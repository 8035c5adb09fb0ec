"""One question to the first of several that takes it, one message to all of several."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import NotFound, NotPermitted, OverlayError, Overloaded, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority

Candidate = tuple[PartyId, str]
"""Whom, and for which of its skills."""


async def ask_in_turn(
    endpoint: Endpoint,
    candidates: Sequence[Candidate],
    question: bytes,
    *,
    priority: Priority = Priority.NORMAL,
    timeout_s: float | None = None,
    reliable: bool = False,
) -> Message | None:
    """The answer of the first that took it; None: there is nobody. Raises what the last one said."""
    passed: OverlayError | None = None
    for candidate, topic in candidates:
        try:
            return await endpoint.ask(
                candidate, question, topic=topic, priority=priority, timeout_s=timeout_s, reliable=reliable
            )
        except (Unreachable, Overloaded, NotFound, NotPermitted) as error:
            # It was not begun there: the next one may do it. A time-out may have been done: not again.
            passed = error
    if passed is not None:
        raise passed
    return None


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
