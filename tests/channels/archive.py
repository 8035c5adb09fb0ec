"""Who records channels in these tests: lines in memory, as the session service answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.channels.recording import Sealed
from overlay.clock import Clock
from overlay.endpoint.message import Message
from overlay.sessions.protocol import Kind, Line, ReadRecord, RecordPage, decode_ask
from overlay.wire.request import encode_struct
from tests.channels.company import Company, Someone


class Archive:
    """All records."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: dict[str, list[Line]] = {}

    async def take(self, sealed: Sealed) -> None:
        """From `Groups.record_by`."""
        lines = self.lines.setdefault(str(sealed.channel), [])
        name = str(sealed.sender), sealed.id
        if name not in {(line.sender, line.id) for line in lines}:
            number = len(lines) + 1
            lines.append(Line(number, self._clock(), Kind.SAID, *name, sealed.envelope))
        await sealed.stored.ack()

    async def answer(self, message: Message) -> bytes:
        """A `ReadRecord`."""
        ask = decode_ask(message.body)
        assert isinstance(ask, ReadRecord)
        lines = self.lines.get(ask.channel, [])
        found = lines[ask.after :][: ask.limit or None]
        return encode_struct(RecordPage(tuple(found), 1, len(lines), b"1"))

    def count(self, channel: object) -> int:
        return len(self.lines.get(str(channel), ()))


@asynccontextmanager
async def recording(company: Company, archive: Archive) -> AsyncIterator[Someone]:
    """The domain's recorder is at work."""
    async with company.at_work(await company.member("sessions"), archive.answer) as recorder:
        recorder.groups.record_by(archive.take)
        yield recorder
