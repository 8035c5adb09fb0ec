"""The addresses of one broker: which is used, and where to go when it is lost (GW-14, AG-10). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.transport.address import BrokerAddress


class Addresses:
    """Of one kind of broker. `current` is the one that was reached last."""

    def __init__(self, current: BrokerAddress) -> None:
        self.current = current
        self._all: tuple[BrokerAddress, ...] = (current,)

    def use(self, addresses: Sequence[BrokerAddress]) -> None:
        """From now on these, best first; others of another kind are left out. A connection stays where it
        is.
        """
        known = tuple(one for one in addresses if one.kind is self.current.kind)
        self._all = known or self._all

    def round(self) -> list[BrokerAddress]:
        """Each once, for whoever has lost the current one: those after it first, itself last."""
        known = self._all if self.current in self._all else (*self._all, self.current)
        at = known.index(self.current) + 1
        return [*known[at:], *known[:at]]
