"""A stored message on its way out, and where it goes when it cannot leave now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.naming.ids import domain_of_token
from overlay.transport.contract import Delivery, Stored

Lane = tuple[str, str]
"""A domain and a priority: nothing waits behind another lane."""
PutOff = Callable[["Leaving", float], Awaitable[None]]
"""It cannot leave now, nor before so many seconds."""


class Leaving:
    """A `Stored` that may be held here a moment where its link is only full. From the departures, which it
    must not block (`put_off` parks it), or from a lot, where it waits without blocking others.
    """

    def __init__(self, stored: Stored, delivery: Delivery, put_off: PutOff | None = None) -> None:
        """`delivery`: under the subject on which it departed. Raises BadInput, ValueError."""
        self.delivery = delivery
        _, _, priority, _, domain, *_ = delivery.subject.split(".")
        self.domain = domain_of_token(domain)
        self.lane: Lane = (self.domain, priority)
        self.stored = stored
        self.offering = False
        self.back = False
        """Whether it came back while it was offered."""
        self.since = 0.0
        """When it was held for the first time."""
        self._put_off = put_off

    @property
    def blocks(self) -> bool:
        """Whether others wait behind it, for any domain."""
        return self._put_off is not None

    @property
    def attempt(self) -> int:
        """See `Stored`."""
        return self.stored.attempt

    async def ack(self) -> None:
        """See `Stored`."""
        await self.stored.ack()

    async def again(self, delay_s: float = 0.0) -> None:
        """No link took it, or none delivered it."""
        if self.offering:
            self.back = True
        else:
            await self.put_off(delay_s)

    async def put_off(self, delay_s: float = 0.0) -> None:
        """Not now."""
        if self._put_off is None:
            await self.stored.again(delay_s)
        else:
            await self._put_off(self, delay_s)
