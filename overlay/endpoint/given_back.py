"""Messages that went back to the broker for want of room here: no attempt at handling them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from overlay.naming.ids import PartyId
from overlay.transport.contract import Delivery, Stored

_REMEMBERED = 8192

Key = tuple[PartyId, bytes]
"""Sender and message ID."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """See `contract.Stored`."""

    stored: Stored
    less: int

    @property
    def delivery(self) -> Delivery:
        """See `contract.Stored`."""
        return self.stored.delivery

    @property
    def attempt(self) -> int:
        """See `contract.Stored`."""
        return max(1, self.stored.attempt - self.less)

    async def ack(self) -> None:
        """See `contract.Stored`."""
        await self.stored.ack()

    async def again(self, delay_s: float = 0.0) -> None:
        """See `contract.Stored`."""
        await self.stored.again(delay_s)


class GivenBack:
    """How often each was given back, of those that were lately."""

    def __init__(self) -> None:
        self._times: OrderedDict[Key, int] = OrderedDict()

    async def give(self, key: Key, stored: Stored, delay_s: float) -> None:
        """To the broker, to be delivered again."""
        self._times[key] = self._times.pop(key, 0) + 1
        if len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        await stored.again(delay_s)

    def had(self, key: Key) -> bool:
        """Whether it was given back before."""
        return key in self._times

    def recounted(self, key: Key, stored: Stored) -> Stored:
        """The same, with as many attempts as there were at handling it."""
        times = self._times.get(key, 0) if self._times else 0
        return Recounted(stored, times) if times else stored
