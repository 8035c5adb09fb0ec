"""The receiver's half of `reliable`: receipts, gathered a moment and sent together."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

from overlay.clock import Clock
from overlay.endpoint.post import Post
from overlay.endpoint.state import State
from overlay.endpoint.verifier import Verified
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.wire.content import MAX_ABOUT, Content, Kind

_To = tuple[PartyId, str, Priority]


class Receipts:
    """What was handled and not yet said. `run` beside the endpoint."""

    def __init__(
        self, state: State, post: Post, settings: Settings, clock: Clock, counters: Counter[str]
    ) -> None:
        self._state = state
        self._post = post
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._waiting: dict[_To, list[bytes]] = defaultdict(list)
        self._count = 0
        self._wake = asyncio.Event()

    async def give(self, verified: Verified, message_id: bytes, answer: bytes) -> None:
        """Tell the sender how a message ended: `answer` (a reply or error) at once, else a receipt soon."""
        header = verified.header
        if answer:
            deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
            await self._post.try_answer(
                verified.sender.party, header.sender_slot, header.priority, answer, deadline_ms
            )
        elif self._count >= self._settings.receipts_waiting:
            self._counters["receipt-overloaded"] += 1
        else:
            self._waiting[verified.sender.party, header.sender_slot, header.priority].append(message_id)
            self._count += 1
            self._wake.set()

    async def probe(self, verified: Verified) -> None:
        """Say again how these messages ended; nothing about those that have not."""
        for message_id in dict.fromkeys(verified.content.about):
            handled = self._state.handled(verified.sender.party, message_id)
            if handled is not None and handled.final(verified.content.sendings):
                await self.give(verified, message_id, handled.answer)

    async def run(self) -> None:
        """Send what has gathered, again and again."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._settings.receipt_wait_s)
            await self.flush()

    async def flush(self) -> None:
        """Send what has gathered."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        self._count = 0
        self._wake.clear()
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        for (to, slot, priority), ids in waiting.items():
            for start in range(0, len(ids), MAX_ABOUT):
                receipt = Content(kind=Kind.RECEIPT, about=tuple(ids[start : start + MAX_ABOUT]))
                await self._post.try_answer(to, slot, priority, receipt, deadline_ms)
