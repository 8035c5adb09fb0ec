"""What an endpoint offers to who talks from one process to one process: the frames of live streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.endpoint.composer import Draft
from overlay.endpoint.parts import Parts
from overlay.endpoint.verifier import Verified
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.wire.content import Kind

OnProcess = Callable[[Verified], Awaitable[None]]


class ProcessDoor:
    """Of one endpoint. What goes here is realtime, in no order, and neither paced nor counted for the caps of
    the receiver's access policy: who takes it has limits of its own.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def take(self, topic: str, handle: OnProcess) -> None:
        """From now on `handle` gets what comes for this process on `topic`. Nothing but its sender is proved:
        whether it may send that, `handle` decides.
        """
        self._parts.reception.of_process[topic] = handle

    def permits(self, verified: Verified) -> bool:
        """Whether our access policy lets this sender in, on this topic, now."""
        handler = self._parts.reception.handler
        return handler is not None and not isinstance(self._parts.gate.admit(handler, verified), NotPermitted)

    async def send(
        self, to: PartyId, slot: str, body: bytes, *, topic: str, priority: Priority, left_s: float
    ) -> None:
        """Returns when the broker took it. Raises TooLarge, NotFound, Unavailable."""
        parts = self._parts
        draft = Draft(
            Kind.MESSAGE, to, body, topic, None, Class.REALTIME, priority, left_s, slot=slot, numbered=False
        )
        parts.composer.check_size(body, topic, None)
        card = await parts.cards.card(to)
        deadline_ms = int((parts.clock() + left_s) * 1000)
        await parts.post.publish(parts.composer.message(draft, card, deadline_ms))
