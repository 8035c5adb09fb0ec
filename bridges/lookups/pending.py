"""Questions to peers that wait for their answers, by the ID that was drawn for each. Bounded."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridges.frames.frame import FarAnswer
from overlay.errors import Overloaded
from overlay.trust.keys import new_id


class Pending:
    """An answer counts for the question that was asked of just this peer, once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: dict[bytes, tuple[str, asyncio.Future[FarAnswer]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def open(self, peer: str) -> tuple[bytes, asyncio.Future[FarAnswer]]:
        """A new question to `peer`; `close` it. Raises Overloaded."""
        if len(self._waiting) >= self._limit:
            raise Overloaded(f"{self._limit} look-ups are under way (far_lookups)")
        question, answer = new_id(), asyncio.get_running_loop().create_future()
        self._waiting[question] = peer, answer
        return question, answer

    def close(self, question: bytes) -> None:
        """It is waited for no more."""
        self._waiting.pop(question, None)

    def answered(self, peer: str, item: FarAnswer, counters: Counter[str]) -> None:
        """From the line of a peer."""
        asked, answer = self._waiting.get(item.id, ("", None))
        if answer is None or asked != peer or answer.done():
            counters["far-answer-not-asked-for"] += 1
        else:
            answer.set_result(item)
