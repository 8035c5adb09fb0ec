"""The session service of a domain: the agent `sessions`, who records channels and keeps the session table."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler, Message
from overlay.errors import BadInput, NotPermitted, OverlayError, TooLarge
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class
from overlay.quality.quality import check_quality
from overlay.sessions.book import Book
from overlay.sessions.companies import Table
from overlay.sessions.protocol import (
    RECORD_TOPIC,
    TOPIC,
    Append,
    Checkpoint,
    End,
    Entries,
    Entry,
    Kept,
    Kind,
    List,
    Open,
    ReadRecord,
    RecordPage,
    Resume,
    Revise,
    Show,
    Taken,
    decode_ask,
)
from overlay.sessions.standing import Standing
from overlay.sessions.watching import Watching
from overlay.trust.identity import Identity
from overlay.trust.keys import ID_BYTES
from overlay.wire.envelope import Envelope, decode_envelope
from overlay.wire.request import encode_struct

_log = logging.getLogger("overlay.sessions")


class SessionService:
    """Whoever asks was proved; what it may do, the channel's signed roster says, in the registry's table."""

    def __init__(self, endpoint: Endpoint, channels: Table, file: Path) -> None:
        """`channels`: the registry's table. `file`: where everything is kept. Raises Unavailable."""
        self._endpoint = endpoint
        self._settings = settings = endpoint.settings
        self.book = Book(file, settings, endpoint.party.clock, log_error)
        self._watching = Watching(settings.session_watchers, self._is_denied)
        self._standing = Standing(str(endpoint.me), self.book, self._watching, channels, settings)

    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {TOPIC: self.handle, RECORD_TOPIC: self.handle}

    @property
    def waiting(self) -> int:
        """How many questions wait for something new."""
        return self._watching.count

    async def run(self) -> None:
        """Keep up with who is in which channel, end what is due, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.session_check_s)
            self._watching.wake_denied()
            try:
                await self.sweep()
            except OverlayError as error:
                _log.warning("who is in which session is as it was said before: %s", error)

    async def sweep(self) -> None:
        """Once. Raises Unavailable."""
        for channel in await self.book.tidy(str(self._endpoint.me)):
            self._watching.wake(channel)
        await self._standing.sweep()

    async def close(self) -> None:
        """Idempotent."""
        await self.book.close()

    async def record(self, envelope: bytes) -> None:
        """A reliable publication of a channel, as it came from the broker, whose word it is that the sender
        in the header sent it. When this returns it is on the disk. Raises NotFound, Refused (it is over),
        NotPermitted (no member), BadInput, Unavailable.
        """
        said = decode_envelope(envelope)
        channel, sender = said.header.to, PartyId.parse(said.header.sender)
        await self._append(channel, sender, said, envelope)

    async def handle(self, message: Message) -> bytes:
        """What is asked. Raises BadInput, NotFound, NotPermitted, Refused, Unavailable."""
        match decode_ask(message.body):
            case Append() as ask:
                answer: msgspec.Struct = await self._say(message.sender, ask)
            case ReadRecord() as ask:
                answer = await self._read(message, ask)
            case Open() as ask:
                answer = await self._open(message.sender, ask)
            case Show() as ask:
                answer = await self._show(message.sender, ask)
            case List() as ask:
                answer = self._list(message.sender, ask)
            case Checkpoint() as ask:
                answer = await self._checkpoint(message.sender, ask)
            case Resume() as ask:
                answer = await self._resume(message.sender, ask)
            case Revise() as ask:
                answer = await self._revise(message.sender, ask)
            case End() as ask:
                answer = await self._end(message.sender, ask)
        return encode_struct(answer)

    async def _open(self, sender: PartyId, ask: Open) -> Entry:
        check_quality(ask.quality)
        company = await self._standing.now(sender, ask.channel)
        if company.owner != str(sender):
            raise NotPermitted(f"{company.owner} owns {ask.channel}, and opens it as a session")
        if ask.idle_s < 0:
            raise BadInput("idle_s is from 0 on; 0: it may be idle for ever")
        await self.book.know(company)
        return await self.book.open(company, ask.quality, ask.idle_s)

    async def _say(self, sender: PartyId, ask: Append) -> Taken:
        said = decode_envelope(ask.envelope)
        if said.header.sender != str(sender) or said.header.to != ask.channel:
            raise NotPermitted(
                f"{sender} gave what {said.header.sender} sealed for {said.header.to}: each says its own"
            )
        return await self._append(ask.channel, sender, said, ask.envelope)

    async def _append(self, channel: str, sender: PartyId, said: Envelope, envelope: bytes) -> Taken:
        header = said.header
        if header.cls is not Class.RELIABLE or len(header.id) != ID_BYTES:
            raise BadInput("only reliable messages with an ID of 16 bytes are recorded")
        (await self._standing.of_member(sender, channel)).check_speaks(sender)
        taken = await self.book.append(channel, (Kind.SAID, header.sender, header.id, envelope))
        self._watching.wake(channel)
        return taken

    async def _read(self, message: Message, ask: ReadRecord) -> RecordPage:
        loop = asyncio.get_running_loop()
        until = loop.time() + min(ask.wait_s, self._settings.session_wait_s)
        await self._standing.check_reads(message.sender, ask.channel)
        while True:
            page = self.book.read(ask.channel, ask.after, ask.limit)
            left_s = until - loop.time()
            if page.lines or page.over or left_s <= 0 or self._watching.full:
                return page
            if await self._watching.change(ask.channel, message.identity, left_s):
                if self._is_denied(message.identity):
                    raise NotPermitted(f"the certificate of {message.sender} was revoked")
                await self._standing.check_reads(message.sender, ask.channel)

    def _is_denied(self, who: Identity) -> bool:
        return self._endpoint.trust.denies(who.party.domain, who.serial)

    async def _show(self, sender: PartyId, ask: Show) -> Entry:
        was = ask.changed and self._standing.knew(sender, ask.channel)
        if was:
            await self._standing.look(ask.channel)
        try:
            await self._standing.check_reads(sender, ask.channel)
        except NotPermitted:
            if not was:
                raise  # else it says good-bye
        return self.book.entry(ask.channel)

    def _list(self, sender: PartyId, ask: List) -> Entries:
        limit = self._settings.sessions_listed
        found = self.book.entries(str(sender), ask.after, limit + 1)
        return Entries(tuple(found[:limit]), more=len(found) > limit)

    async def _resume(self, sender: PartyId, ask: Resume) -> Kept:
        await self._standing.check_reads(sender, ask.channel)
        return self.book.checkpoint(ask.channel, str(sender))

    async def _checkpoint(self, sender: PartyId, ask: Checkpoint) -> Taken:
        limit = self._settings.session_checkpoint_bytes
        if len(ask.data) > limit:
            raise TooLarge(f"a checkpoint holds up to {limit} bytes (session_checkpoint_bytes)")
        await self._standing.check_reads(sender, ask.channel)
        if not 0 <= ask.number <= self.book.entry(ask.channel).last:
            raise BadInput(f"{ask.channel} has no number {ask.number} yet")
        taken = await self.book.keep(ask.channel, str(sender), ask.number, ask.data)
        self._watching.wake(ask.channel)
        return taken

    async def _revise(self, sender: PartyId, ask: Revise) -> Taken:
        check_quality(ask.quality)
        if len(ask.id) != ID_BYTES:
            raise BadInput("an ID has 16 bytes")
        (await self._standing.of_member(sender, ask.channel)).check_speaks(sender)
        taken = await self.book.revise(ask.channel, str(sender), ask.id, ask.quality)
        self._watching.wake(ask.channel)
        return taken

    async def _end(self, sender: PartyId, ask: End) -> Taken:
        if len(ask.why) > self._settings.channel_about_chars:
            raise TooLarge("why it ended is a sentence, no book")
        if not self.book.is_over(ask.channel):
            (await self._standing.of_member(sender, ask.channel)).check_leads(sender)
        elif str(sender) not in self.book.readers(ask.channel):
            raise NotPermitted(f"{sender} is not in {ask.channel}")
        taken = await self.book.finish(ask.channel, str(sender), ask.why)
        self._watching.wake(ask.channel)
        return taken
