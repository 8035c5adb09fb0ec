"""What becomes of the copies of one publication, told to whoever keeps it when all of them are settled."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from bridges.frames.cargo import Settles
from bridges.multicast.forest import NotInTree

HERE = ""
"""The copy for our own domain."""
NEW_TRIES = 8
"""How often what cannot go is tried again because who is in the channel may just not be known yet."""


class Places(set[str]):
    """Where a publication is: peers, and HERE."""

    tries = 0

    def may_be_new(self) -> bool:
        """Whether to try again for what may not be known yet."""
        self.tries += 1
        return self.tries <= NEW_TRIES


class Reached:
    """Where a publication is already: brought again, it goes only where it is missing. The latest ones."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._places: OrderedDict[tuple[str, bytes], Places] = OrderedDict()

    def of(self, sender: str, message_id: bytes) -> Places:
        """The peers that have it, and HERE; add to it."""
        key = (sender, message_id)
        places = self._places.setdefault(key, Places())
        self._places.move_to_end(key)
        if len(self._places) > self._limit:
            self._places.popitem(last=False)
        return places

    def first(self, sender: str, message_id: bytes) -> bool:
        """Whether it was not seen before."""
        places = self.of(sender, message_id)
        if HERE in places:
            return False
        places.add(HERE)
        return True


class Gathering:
    """`source` keeps it until the last of `copies` is settled; if one is to be tried again, it is given to us
    again. Whoever makes the copies holds one more, until all are made.
    """

    def __init__(self, source: Settles, copies: int, reached: Places) -> None:
        self._source = source
        self._open = copies
        self._reached = reached
        self._again_s: float | None = None

    @property
    def attempt(self) -> int:
        """Of the source."""
        return self._source.attempt

    def may_be_new(self) -> bool:
        """See `Places`."""
        return self._reached.may_be_new()

    async def copied(self, place: str) -> None:
        """This copy has arrived."""
        self._reached.add(place)
        await self._one_less()

    async def dropped(self, retry_after_s: float) -> None:
        """This copy was not taken, and is not before that; 0: never."""
        if retry_after_s:
            await self.again(retry_after_s)
        else:
            await self._one_less()

    async def again(self, delay_s: float) -> None:
        """This copy could not go now."""
        self._again_s = max(delay_s, self._again_s or 0.0)
        await self._one_less()

    async def _one_less(self) -> None:
        self._open -= 1
        if self._open:
            return
        if self._again_s is None:
            await self._source.ack()
        else:
            await self._source.again(self._again_s)


Dropped = asyncio.Queue[tuple[Gathering, float]]
"""Copies that were not taken, and after how long they may be: who looks at them settles them. No more
than there is room for on the links: each was offered to one."""


class Copy:
    """A `Settles`, and a `Brought`, of the copy for one place."""

    over = False

    def __init__(
        self, gathering: Gathering, place: str, dropped: Dropped, counters: Counter[str], pause_s: float
    ) -> None:
        self._pause_s = pause_s
        self._counters = counters
        self._gathering = gathering
        self._place = place
        self._dropped = dropped

    @property
    def attempt(self) -> int:
        """See `Settles`."""
        return self._gathering.attempt

    async def ack(self) -> None:
        """See `Settles`."""
        await self._gathering.copied(self._place)

    async def again(self, delay_s: float = 0.0) -> None:
        """See `Settles`."""
        await self._gathering.again(delay_s)

    def refuse(self, reason: str, retry_after_ms: int = 0) -> None:
        """See `Brought`. Who published is not told: the others have it."""
        self._counters[f"cast-refused-{reason}"] += 1
        after_s = retry_after_ms / 1000
        if reason == NotInTree.reason and self._gathering.may_be_new():  # our wish may not be there yet
            after_s = self._pause_s
        self._dropped.put_nowait((self._gathering, after_s))


class RealtimeCopy:
    """A `Brought` of which nobody waits to hear."""

    over = False

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters

    def refuse(self, reason: str, retry_after_ms: int = 0) -> None:
        """See `Brought`."""
        self._counters[f"cast-refused-{reason}{'-for-now' if retry_after_ms else ''}"] += 1
