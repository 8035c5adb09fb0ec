"""Asking the session service, patiently: it may be starting again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from overlay.backoff import Backoff
from overlay.channels.charter import RECORDER
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Unavailable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.sessions.protocol import (
    RECORD_TOPIC,
    TOPIC,
    Append,
    Ask,
    Checkpoint,
    End,
    Entries,
    Entry,
    Kept,
    List,
    Open,
    ReadRecord,
    RecordPage,
    Resume,
    Revise,
    Show,
    Taken,
    encode_ask,
)
from overlay.wire.request import decode_struct

T = TypeVar("T", bound=msgspec.Struct)


class SessionsClient:
    """Every method raises what the service answers; Unavailable where it did not for `session_patience_s`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._settings = endpoint.settings

    async def open(self, ask: Open) -> Entry:
        """A channel of ours is a session from now on."""
        return await self._ask(ask.channel, ask, Entry)

    async def show(self, channel: str, *, changed: bool = False) -> Entry:
        """The session. `changed`: somebody came or went."""
        return await self._ask(channel, Show(channel, changed), Entry)

    async def all(self, domain: str) -> list[Entry]:
        """Those of a domain in which we are."""
        found: list[Entry] = []
        more = True
        while more:
            ask = List(found[-1].session if found else "")
            page = await self._ask(f"any@{domain}", ask, Entries)
            found += page.entries
            more = page.more and bool(page.entries)
        return found

    async def append(
        self, channel: str, seal: Callable[[], Awaitable[bytes]], priority: Priority, within_s: float
    ) -> Taken:
        """Say what `seal` makes, which is asked anew for each attempt."""

        async def make() -> Ask:
            return Append(channel, await seal())

        return await self._patiently(channel, make, Taken, priority=priority, within_s=within_s)

    async def read(self, channel: str, after: int, wait_s: float, limit: int = 0) -> RecordPage:
        """What came after a number."""
        ask = ReadRecord(channel, after, limit, wait_s)
        return await self._ask(channel, ask, RecordPage, wait_s=wait_s, topic=RECORD_TOPIC)

    async def checkpoint(self, ask: Checkpoint) -> Taken:
        """Keep it."""
        return await self._ask(ask.channel, ask, Taken)

    async def kept(self, channel: str) -> Kept:
        """Our latest checkpoint."""
        return await self._ask(channel, Resume(channel), Kept)

    async def revise(self, ask: Revise) -> Taken:
        """Another quality."""
        return await self._ask(ask.channel, ask, Taken)

    async def end(self, channel: str, why: str) -> Taken:
        """It is over."""
        return await self._ask(channel, End(channel, why), Taken)

    async def _ask(
        self, channel: str, ask: Ask, answer: type[T], *, wait_s: float = 0.0, topic: str = TOPIC
    ) -> T:
        async def make() -> Ask:
            return ask

        return await self._patiently(channel, make, answer, wait_s=wait_s, topic=topic)

    def _is_revoked(self) -> bool:
        endpoint = self._endpoint
        return endpoint.trust.denies(endpoint.me.domain, endpoint.identity.serial)

    async def _patiently(
        self,
        channel: str,
        make: Callable[[], Awaitable[Ask]],
        answer: type[T],
        *,
        wait_s: float = 0.0,
        topic: str = TOPIC,
        priority: Priority = Priority.NORMAL,
        within_s: float = 0.0,
    ) -> T:
        """All that is asked may be asked twice. Raises NotFound at once."""
        service = PartyId.of(RECORDER, PartyId.parse(channel).domain)
        settings, loop = self._settings, asyncio.get_running_loop()
        until = loop.time() + (within_s or settings.session_patience_s) + wait_s
        pauses = Backoff(settings.session_retry_s, 10 * settings.session_retry_s)
        while True:
            body = encode_ask(await make())
            left_s = until - loop.time()
            try:
                found = await self._endpoint.ask(
                    service,
                    body,
                    topic=topic,
                    priority=priority,
                    timeout_s=max(1.0, min(settings.session_answer_s + wait_s, left_s)),
                )
            except Unavailable:
                if self._is_revoked() or loop.time() + settings.session_retry_s > until:
                    raise
                await pauses.wait()
            else:
                return decode_struct(found.body, answer)
