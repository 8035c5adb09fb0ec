"""Telling senders that their messages do not open or were given up: soon, and not too often."""

from __future__ import annotations

import asyncio
from collections import Counter

from overlay.clock import Clock
from overlay.endpoint.failures import MAX_TEXT, retry_ms
from overlay.endpoint.post import Post
from overlay.endpoint.sender_limit import SenderLimit
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.wire.content import Content, Kind
from overlay.wire.envelope import Header


class Complaints:
    """A bounded queue of them. The claimed sender is not proved, so the answer is sealed to whom the
    directory says that is, and tells nothing but an ID that this party must have made. `run` beside the
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
        self._waiting: asyncio.Queue[tuple[Header, OverlayError]] = asyncio.Queue(settings.complaints_waiting)

    def report(self, header: Header, error: OverlayError) -> None:
        """Tell the sender of this message about `error`, if the limits permit."""
        if not self._post.talks or not self._limit.allow(header.sender):
            self._counters["complaint-limited"] += 1
            return
        try:
            self._waiting.put_nowait((header, error))
        except asyncio.QueueFull:
            self._counters["complaint-overloaded"] += 1

    async def run(self) -> None:
        """Send them."""
        while True:
            header, error = await self._waiting.get()
            complaint = Content(
                kind=Kind.ERROR,
                body=str(error)[:MAX_TEXT].encode(),
                about=(header.id,),
                reason=error.reason,
                retry_after_ms=retry_ms(error),
            )
            deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
            to = PartyId.parse(header.sender)
            try:
                await self._post.answer(
                    to, header.sender_slot, header.priority, complaint, deadline_ms, always_wrap=True
                )
            except OverlayError as failed:
                self._counters[f"complaint-{failed.reason}"] += 1
