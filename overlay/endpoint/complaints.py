"""Telling senders that their messages do not open or were given up: soon, together, and not too often."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, OrderedDict

from overlay.clock import Clock
from overlay.endpoint.failures import MAX_TEXT
from overlay.endpoint.post import Post
from overlay.endpoint.sender_limit import SenderLimit
from overlay.errors import OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.wire.content import MAX_ABOUT, Content, Kind
from overlay.wire.envelope import Header

_To = tuple[str, str, Priority, str]
"""Sender, its process, priority, reason: what is alike is told at once."""
_ROUND_S = 0.05


class _Complaint:
    __slots__ = ("error", "ids")

    def __init__(self, error: OverlayError) -> None:
        self.error = error
        self.ids: dict[bytes, None] = {}


class Complaints:
    """A bounded table of them. The claimed sender is not proved, so the answer is sealed to whom the
    directory says that is, and tells nothing but IDs that this party must have made. A sender that was told
    too often waits for its turn, and is then told of all that gathered, up to a bound. `run` beside the
    endpoint.
    """

    def __init__(self, post: Post, settings: Settings, clock: Clock, counters: Counter[str]) -> None:
        self._post = post
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._limit = SenderLimit(
            settings.complaints_per_s,
            settings.complaints_burst,
            settings.peers_counted,
            asyncio.get_running_loop().time,
        )
        self._waiting: OrderedDict[_To, _Complaint] = OrderedDict()
        self._wake = asyncio.Event()

    def report(self, header: Header, error: OverlayError) -> None:
        """Tell the sender of this message about `error`, as soon as the limits permit."""
        if not self._post.talks:
            self._counters["complaint-limited"] += 1
            return
        to = (header.sender, header.sender_slot, header.priority, error.reason)
        complaint = self._waiting.get(to)
        if complaint is None:
            if len(self._waiting) >= self._settings.complaints_waiting:
                self._counters["complaint-overloaded"] += 1
                return
            complaint = self._waiting[to] = _Complaint(error)
        if len(complaint.ids) >= MAX_ABOUT:
            self._counters["complaint-limited"] += 1
            return
        complaint.ids[header.id] = None
        self._wake.set()

    async def run(self) -> None:
        """Send them."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for to in list(self._waiting):
                if self._limit.allow(to[0]):
                    await self._send(to, self._waiting.pop(to))
            if self._waiting:
                self._wake.set()
                await asyncio.sleep(_ROUND_S)

    async def _send(self, to: _To, complaint: _Complaint) -> None:
        sender, slot, priority, reason = to
        error = complaint.error
        after_s = error.retry_after_s if isinstance(error, Overloaded) else 0.0
        content = Content(
            kind=Kind.ERROR,
            body=str(error)[:MAX_TEXT].encode(),
            about=tuple(complaint.ids),
            reason=reason,
            retry_after_ms=math.ceil(after_s * 1000),
        )
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        try:
            await self._post.answer(
                PartyId.parse(sender), slot, priority, content, deadline_ms, always_wrap=True
            )
        except OverlayError as failed:
            self._counters[f"complaint-{failed.reason}"] += 1
