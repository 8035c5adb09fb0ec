"""Questions of this process that wait for their answer; bounded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from overlay.endpoint.composer import Outgoing
from overlay.endpoint.failures import may_answer_for
from overlay.endpoint.verifier import Verified
from overlay.errors import OverlayError, Overloaded, TimedOut, Unreachable
from overlay.naming.ids import PartyId


@dataclass(slots=True)
class _Waiting:
    peer: PartyId
    outgoing: Outgoing
    answer: asyncio.Future[Verified | OverlayError]
    timer: asyncio.TimerHandle


class Answers:
    """Message ID → who waits. Only the party that was asked can answer."""

    def __init__(self, me: PartyId, limit: int) -> None:
        self._me = me
        self._limit = limit
        self._waiting: dict[bytes, _Waiting] = {}
        self._closed: Unreachable | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, outgoing: Outgoing, timeout_s: float) -> asyncio.Future[Verified | OverlayError]:
        """The future of the answer or error; of TimedOut in the end. Call `drop` when nobody waits any more.

        Raises Overloaded; what `close` was given, after it.
        """
        if self._closed is not None:
            raise Unreachable(str(self._closed))
        if len(self._waiting) >= self._limit:
            raise Overloaded(f"{self._limit} questions wait for their answers already (asks_at_once)")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Verified | OverlayError] = loop.create_future()
        timer = loop.call_later(timeout_s, self._time_out, outgoing.id, timeout_s)
        self._waiting[outgoing.id] = _Waiting(outgoing.to.identity.party, outgoing, answer, timer)
        return answer

    def drop(self, message_id: bytes) -> None:
        """Nobody waits for this answer any more."""
        waiting = self._waiting.pop(message_id, None)
        if waiting is not None:
            waiting.timer.cancel()
            waiting.answer.cancel()

    def reply(self, message_id: bytes, verified: Verified) -> bool:
        """Whether this reply was waited for, from that party."""
        waiting = self._waiting.get(message_id)
        if waiting is None or waiting.peer != verified.sender.party:
            return False
        self._end(message_id, waiting)
        if not waiting.answer.done():
            waiting.answer.set_result(verified)
        return True

    def fail(self, message_id: bytes, verified: Verified, error: OverlayError) -> bool:
        """Whether an answer was waited for about which this sender may speak."""
        waiting = self._waiting.get(message_id)
        if waiting is None or not may_answer_for(verified.sender, waiting.peer, self._me):
            return False
        self._end(message_id, waiting)
        if not waiting.answer.done():
            waiting.answer.set_result(error)
        return True

    def question(self, message_id: bytes) -> Outgoing | None:
        """What was asked, while it waits."""
        waiting = self._waiting.get(message_id)
        return waiting.outgoing if waiting else None

    async def those_now(self, timeout_s: float) -> None:
        """Returns when all that wait at this moment have ended, or after `timeout_s`."""
        waiting = [waiting.answer for waiting in self._waiting.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=timeout_s)

    def close(self, error: Unreachable) -> None:
        """All that wait, and all that ask later, get `error`."""
        self._closed = error
        for message_id, waiting in list(self._waiting.items()):
            self._end(message_id, waiting)
            if not waiting.answer.done():
                waiting.answer.set_result(Unreachable(str(error)))

    def _end(self, message_id: bytes, waiting: _Waiting) -> None:
        waiting.timer.cancel()
        del self._waiting[message_id]

    def _time_out(self, message_id: bytes, timeout_s: float) -> None:
        waiting = self._waiting.pop(message_id)
        if not waiting.answer.done():
            waiting.answer.set_result(TimedOut(f"{waiting.peer} did not answer within {timeout_s:g} s"))
