"""The reliable messages of this process that have no receipt: how many, how much, and room for more."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

from overlay.endpoint.numbering import Numbering
from overlay.endpoint.state import Letter
from overlay.errors import Overloaded, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings


@dataclass(slots=True)
class OpenLetter:
    """A message without its receipt. Times are the event loop's, but for the deadline."""

    receiver: PartyId
    priority: Priority
    deadline: float
    ask_at: float
    ask_wait: float
    store_at: float
    outcome: asyncio.Future[Exception | None]
    size: int
    number: int
    """In its stream; 0: another process sent it."""
    sendings: int = 0
    """How often it was given up before."""
    stores: int = 0
    outdated: int = 0
    """Copies that are stored under a certificate which its receiver may refuse: another was stored since."""


class OpenLetters:
    """By message ID."""

    def __init__(self, settings: Settings, numbering: Numbering, counters: Counter[str]) -> None:
        self._settings = settings
        self._numbering = numbering
        self._counters = counters
        self._letters: dict[bytes, OpenLetter] = {}
        self._bytes = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._letters)

    def __contains__(self, message_id: bytes) -> bool:
        return message_id in self._letters

    def __iter__(self) -> Iterator[tuple[bytes, OpenLetter]]:
        return iter(list(self._letters.items()))

    def get(self, message_id: bytes) -> OpenLetter | None:
        """None: it has ended, or is none of ours."""
        return self._letters.get(message_id)

    async def room(self) -> None:
        """Returns when another message may be sent, after `send_wait_s` at most. Raises Overloaded,
        Unreachable.
        """
        try:
            async with asyncio.timeout(self._settings.send_wait_s):
                while self._full:
                    if self._closed:
                        raise Unreachable("the endpoint was closed while the outbox was full")
                    self._counters["outbox-full"] += 1
                    freed = asyncio.get_running_loop().create_future()
                    self._waiting.append(freed)
                    await freed
        except TimeoutError as error:
            raise Overloaded(
                f"{len(self)} messages, {self._bytes} bytes, wait for receipts already (outbox_limit, "
                "outbox_bytes): their receivers or the way there are slower than what is sent",
                self._settings.probe_after_s,
            ) from error

    def enter(self, letter: Letter, wait_s: float, left_s: float, number: int, sendings: int) -> OpenLetter:
        """`wait_s`: before its receipt is first asked for; 0: at once, and it is stored once more."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        opened = OpenLetter(
            letter.receiver,
            letter.priority,
            letter.deadline,
            now + min(wait_s, left_s / 2),
            wait_s,
            now + left_s / 2 if wait_s else now,
            loop.create_future(),
            letter.size,
            number,
            sendings,
        )
        self._letters[letter.id] = opened
        self._bytes += opened.size
        return opened

    def leave(self, message_id: bytes, *, given_up: bool) -> OpenLetter | None:
        """It has ended: there is room for another. `given_up`: its receiver may not have it."""
        opened = self._letters.pop(message_id, None)
        if opened is not None:
            self._bytes -= opened.size
            self._numbering.settled(opened.receiver, opened.priority, opened.number, given_up=given_up)
            self._free_one()
        return opened

    def close(self) -> None:
        """What has not ended is left to the party's next process."""
        self._closed = True
        while self._waiting:
            self._free_one()
        for opened in self._letters.values():
            if not opened.outcome.done():
                opened.outcome.set_result(Unreachable("closed before a receipt came; the outbox keeps it"))
        self._letters.clear()

    @property
    def _full(self) -> bool:
        settings = self._settings
        return len(self) >= settings.outbox_limit or self._bytes >= settings.outbox_bytes

    def _free_one(self) -> None:
        while self._waiting:
            freed = self._waiting.popleft()
            if not freed.done():
                freed.set_result(None)
                return
