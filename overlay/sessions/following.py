"""Following a session's record: page after page, without gaps, opened with the channel's keys."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable

import msgspec

from overlay.backoff import Backoff
from overlay.channels.channel import Channel
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadEnvelope, BadInput, NotFound, OverlayError, Unavailable, UnknownKey, Untrusted
from overlay.sessions.client import SessionsClient
from overlay.sessions.event import Event, event_of
from overlay.sessions.protocol import Kind, Line, RecordPage
from overlay.wire.envelope import decode_envelope

LearnKey = Callable[[Channel], Awaitable[None]]
"""Ask who leads the channel for its secrets. Raises Unavailable, Refused."""


class Following:
    """Of one session in one process."""

    def __init__(
        self,
        client: SessionsClient,
        channel: Channel,
        learn_key: LearnKey,
        endpoint: Endpoint,
    ) -> None:
        self._client = client
        self._channel = channel
        self._learn_key = learn_key
        self._settings = endpoint.settings
        self._counters = endpoint.counters
        self._never: set[bytes] = set()
        """Secrets that nobody gives us."""

    async def events(self, after: int, incarnation: bytes) -> AsyncGenerator[Event]:
        """See `Session.events`."""
        loop = asyncio.get_running_loop()
        cursor, wait_s = after, self._settings.session_wait_s
        said: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        while True:
            asked = loop.time()
            page = await self._client.read(str(self._channel.id), cursor, wait_s)
            self._check(page, cursor, incarnation)
            for line in page.lines:
                yield self._repeated(line) if (line.sender, line.id) in said else await self._event(line)
                cursor = line.number
                said[line.sender, line.id] = None
                if len(said) > self._settings.session_ids:
                    said.popitem(last=False)
            if page.over:
                return
            if not page.lines and loop.time() < asked + wait_s / 2:  # too many wait there
                await asyncio.sleep(self._settings.session_poll_s)

    def _check(self, page: RecordPage, cursor: int, incarnation: bytes) -> None:
        if page.incarnation != incarnation:
            raise NotFound(f"{self._channel.id} is over: another session has its name now")
        if page.first > 1 and not self._channel.membership.roster.recent:
            raise BadInput(
                f"the record of {self._channel.id}, of which all is kept, begins with {page.first}"
            )
        expected = max(cursor + 1, page.first)
        for line in page.lines:
            if line.number != expected:
                raise BadInput(f"the record of {self._channel.id} has a gap before {line.number}")
            expected += 1

    def _repeated(self, line: Line) -> Event:
        """No service gives one ID two numbers."""
        self._counters["session-repeated"] += 1
        return msgspec.structs.replace(event_of(line), withheld=True)

    async def _event(self, line: Line) -> Event:
        event = event_of(line)
        if line.kind is not Kind.SAID:
            return event
        pauses = Backoff(self._settings.session_retry_s, 10 * self._settings.session_retry_s)
        until = asyncio.get_running_loop().time() + self._settings.session_patience_s
        while True:
            try:
                return self._open(event, line)
            except UnknownKey:
                try:
                    return await self._lack(event, line)
                except Unavailable:  # it may be a newer one that we shall be told: nothing is passed over
                    if asyncio.get_running_loop().time() > until:
                        raise
                    await pauses.wait()

    def _open(self, event: Event, line: Line) -> Event:
        if _key_of(line) in self._never:
            return msgspec.structs.replace(event, withheld=True)
        try:
            said = self._channel.open_recorded(line.data, line.at)
            if (str(said.sender), said.id) != (line.sender, line.id):
                raise BadEnvelope(f"event {line.number} is not what its record says")
        except UnknownKey:
            raise
        except (Untrusted, BadInput):
            self._counters["session-does-not-open"] += 1
            return msgspec.structs.replace(event, withheld=True)
        return msgspec.structs.replace(event, body=said.body, attributes=said.attributes)

    async def _lack(self, event: Event, line: Line) -> Event:
        """Who leads the channel is asked for the secret; if it does not give it, nobody will."""
        try:
            await self._learn_key(self._channel)
        except Unavailable:
            raise
        except OverlayError as error:
            raise Unavailable(f"nobody says the key of event {line.number}: {error}") from error
        try:
            return self._open(event, line)
        except UnknownKey:
            self._never.add(_key_of(line))
            return msgspec.structs.replace(event, withheld=True)


def _key_of(line: Line) -> bytes:
    return decode_envelope(line.data).header.key_id
