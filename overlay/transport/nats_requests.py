"""Questions to the broker itself: one private inbox, and a future for each answer."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass

from overlay.errors import Refused, TimedOut, Unreachable
from overlay.transport.nats_client import NatsClient, on_wire
from overlay.transport.nats_connection import NatsConnection

_STATUS_LINE = b"NATS/1.0 "
NO_RESPONDERS = 503


def status_of(headers: bytes | None) -> int:
    """The status of a message from the broker itself; 0 for one that somebody published."""
    if headers is None or not headers.startswith(_STATUS_LINE):
        return 0
    code = headers[9:12]
    return int(code) if code.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    payload: bytes


class NatsRequests:
    """Made by `open`, once for a connection."""

    def __init__(self, name: str) -> None:
        self.inbox = f"_INBOX.{name}.{secrets.token_hex(8)}"
        """Nobody else may subscribe below this: `_INBOX.<name>` is ours, the token this process's."""
        self._reply_prefix = f"{self.inbox}.".encode()
        self._numbers = itertools.count()
        self._open: dict[bytes, tuple[str, asyncio.Future[Answer]]] = {}

    @classmethod
    async def open(cls, connection: NatsConnection, name: str) -> NatsRequests:
        """Raises Refused, Unreachable."""
        requests = cls(name)
        await connection.subscribe(f"{requests.inbox}.*", "", requests._answered)
        connection.on_lost.append(requests._lost)
        connection.on_denied.append(requests._denied)
        return requests

    async def ask(
        self, client: NatsClient, subject: str, payload: bytes, headers: bytes, timeout_s: float
    ) -> Answer:
        """Raises TimedOut, Refused, Unreachable when the connection was lost meanwhile."""
        number = b"%d" % next(self._numbers)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._open[number] = (subject, answer)
        timer = loop.call_later(timeout_s, _give_up, answer, subject)
        try:
            reply = self._reply_prefix + number
            if headers:
                client.publish_with(on_wire(subject), headers, payload, reply)
            else:
                client.publish_now(on_wire(subject), payload, reply)
            return await answer
        finally:
            timer.cancel()
            self._open.pop(number, None)

    def _answered(self, subject: bytes, _reply: bytes, data: bytes, headers: bytes | None) -> None:
        _, answer = self._open.get(subject.rpartition(b".")[2], ("", None))
        if answer is not None and not answer.done():
            answer.set_result(Answer(status_of(headers), data))

    def _denied(self, text: str) -> bool:
        """Whether one of our questions was what the broker did not permit."""
        for subject, answer in self._open.values():
            if f'"{subject.lower()}"' in text and not answer.done():
                answer.set_exception(Refused(f"the broker does not permit it: {text}"))
                return True
        return False

    def _lost(self) -> None:
        for _, answer in self._open.values():
            if not answer.done():
                answer.set_exception(Unreachable("the connection was lost before the broker answered"))


def _give_up(answer: asyncio.Future[Answer], subject: str) -> None:
    if not answer.done():
        answer.set_exception(TimedOut(f"the broker did not answer on {subject}"))
