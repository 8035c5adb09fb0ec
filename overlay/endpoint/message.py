"""What handlers and callers of an endpoint see. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.trust.identity import Identity
from overlay.wire.body import text_of


class Message(msgspec.Struct, frozen=True):
    """One verified message: a request, a message that wants no answer, or a reply."""

    sender: PartyId
    identity: Identity
    """Who sent it, as its certificate says: role and skills included."""
    body: bytes
    topic: str
    id: bytes
    reliable: bool
    priority: Priority
    deadline: float
    """Seconds since 1970; after it the message counts for nothing."""
    attributes: dict[str, str]
    sequence: int
    """Counts the messages of one sending process to one receiver, class and priority, from 1."""
    quality: str = ""
    """The name of the session or task under whose quality it was sent: `agent.quality(…)` answers alike."""

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """One verified question to a service. The role in `sender` says what may be granted."""

    sender: Identity
    operation: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was handed over (realtime) or stored (reliable)."""

    id: bytes
    _outcome: Awaitable[Exception | None] | None = None

    async def receipt(self) -> None:
        """Returns when the receiver has handled the message. Raises what the receiver answered, by its
        reason; TimedOut when its deadline passed without a receipt; Unreachable when the endpoint was closed
        (the outbox goes on when the party's next process opens); BadInput for a realtime message.

            await (await agent.send("bob@b.example", "keep this", skill="case.note", reliable=True)).receipt()
        """
        if self._outcome is None:
            raise BadInput("only reliable messages have receipts: send with reliable=True")
        error = await self._outcome
        if error is not None:
            raise error


Handler = Callable[[Message], Awaitable[bytes | None]]
"""Handles a request (what it returns is the reply) or a message (what it returns is ignored). An OverlayError
that says Refused, BadInput or Unavailable reaches the sender with its text; anything else only as `failed`.
"""

ServiceHandler = Callable[[ServiceRequest], Awaitable[bytes]]
"""Answers a question to a service; errors as with `Handler`."""
