"""Realtime messages sent a moment ago, in case their receiver does not know the key. Bounded. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.endpoint.composer import Outgoing


class Recent:
    """The last `messages`, of together at most `size` bytes."""

    def __init__(self, messages: int, size: int) -> None:
        self._messages = messages
        self._size = size
        self._kept: OrderedDict[bytes, Outgoing] = OrderedDict()
        self._bytes = 0

    def keep(self, outgoing: Outgoing) -> None:
        """Remember this one, forget the oldest."""
        self._kept[outgoing.id] = outgoing
        self._bytes += len(outgoing.content)
        while len(self._kept) > self._messages or self._bytes > self._size:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.content)

    def get(self, message_id: bytes) -> Outgoing | None:
        """What was sent under this ID, if it is still kept."""
        return self._kept.get(message_id)
