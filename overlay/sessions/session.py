"""A session in a program: say, follow what is said, keep how far one is, go on there (AG-1, AG-2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from overlay.channels.channel import Channel
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, NotFound, NotPermitted, OverlayError, TooLarge
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality, check_quality
from overlay.sessions.client import SessionsClient
from overlay.sessions.event import Event, event_id
from overlay.sessions.following import Following
from overlay.sessions.memory import Memory
from overlay.sessions.protocol import Checkpoint, Entry, Kind, Participant, Revise
from overlay.sessions.sealing import Sealing
from overlay.wire.body import to_bytes

if TYPE_CHECKING:
    from overlay.sessions.sessions import Sessions


class Resumed(NamedTuple):
    """Where we broke off."""

    state: bytes | None
    """As the last checkpoint has it; None: there is none."""
    number: int
    """Up to which it counts; 0 without one."""
    events: AsyncIterator[Event]
    """What came after that, and what comes."""


class Session:
    """One session that this agent takes part in. Made by `Agent.open_session` and `Agent.join_session`."""

    def __init__(
        self,
        sessions: Sessions,
        endpoint: Endpoint,
        channel: Channel,
        memory: Memory,
        entry: Entry,
    ) -> None:
        self._sessions = sessions
        self._endpoint = endpoint
        self._client = SessionsClient(endpoint)
        self._memory = memory
        self._sealing = Sealing(endpoint, channel.id)
        self._at = 0
        self._next_at = 0.0
        self.channel = channel
        """The channel that it is built on: who is in it, invitations, realtime messages."""
        self.entry = entry
        """As the session table last said."""
        self._following = Following(self._client, channel, sessions.learn_key, endpoint)
        self._take(entry.quality)

    @property
    def id(self) -> PartyId:
        """`name@home-domain`, globally unique."""
        return self.channel.id

    @property
    def initiator(self) -> PartyId:
        """Who opened it."""
        return PartyId.parse(self.entry.initiator)

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Who is or was in it, as the session table last said: `(await session.refresh()).participants`."""
        return self.entry.participants

    @property
    def quality(self) -> Quality:
        """How what is said in it is treated now."""
        return self.entry.quality

    @property
    def quality_name(self) -> str:
        """Under this name others are sent to alike: `agent.quality(session.quality_name).ask(…)`."""
        return f"session-{self.entry.incarnation.hex()[:16]}"

    @property
    def open(self) -> bool:
        """Whether it runs, and we are in it, as far as we know."""
        return self.channel.open and not self.entry.ended

    async def say(
        self, body: bytes | str, *, id: bytes | str = b"", attributes: Mapping[str, str] | None = None
    ) -> int:
        """To all participants, now and later: `number = await session.say("the line is dead")`. Returns its
        number when it is on the service's disk. `id`: what the application calls it; the same one again is
        the same event, whatever crashed between, and returns the number that it has.

        Raises NotFound (we are out), Refused (it is over), TooLarge; Unavailable: again, with its `id`.
        """
        data = to_bytes(body)
        limit = self._endpoint.settings.max_body_bytes // 2  # it goes inside of another message
        if len(data) > limit:
            raise TooLarge(f"{len(data)} bytes are more than may be said at once ({limit}): offer a file")
        event = event_id(id)
        await self._pace()

        async def seal() -> bytes:
            await self._sessions.refresh_key(self.channel)
            self._check_in()
            return await self._sealing.seal(self.channel.membership, event, data, attributes or {})

        quality = self.quality
        taken = await self._client.append(str(self.id), seal, quality.priority, quality.deadline_s)
        return taken.number

    async def events(self, after: int | None = None, *, upto: int | None = None) -> AsyncIterator[Event]:
        """All that happened and happens, in the one order that all see: `async for event in
        session.events(after=17)`. Without `after` from where this agent, in whichever process, left off: an
        event is done when the next one is asked for, and comes again if the program dies before. It ends
        with the session, or after number `upto`.

        Raises NotPermitted (we are out), Unavailable (neither the service nor a key could be reached).
        """
        if after is not None:
            async for event in self._follow(after, upto):
                yield event
            return
        channel, incarnation = str(self.id), self.entry.incarnation
        async with self._memory.reading(channel):
            place = self._memory.place(channel, incarnation)
            async for event in self._follow(place, upto):
                yield event
                await self._memory.done(channel, incarnation, event.number)

    async def checkpoint(self, state: bytes | str, number: int | None = None) -> int:
        """Keep `state` at the service, sealed for this agent alone, together with the number up to which it
        counts: `await session.checkpoint(state)`. Without `number` that of the event that was given out
        last. Returns it. One that is behind the kept one changes nothing.

        Raises TooLarge, BadInput (there is no such number yet), NotPermitted, Unavailable.
        """
        data = to_bytes(state)
        upto = self._at if number is None else number
        sealed = self._memory.seal(data, self._about(upto))
        await self._client.checkpoint(Checkpoint(str(self.id), upto, sealed))
        return upto

    async def resume(self) -> Resumed:
        """The last checkpoint of this agent, and the events after it, in whichever process and from wherever:
        `state, number, events = await session.resume()`. A state that counts each event once, and is kept
        with its number, misses nothing and has nothing twice.

        Raises BadSeal (another folder made it), NotPermitted, Unavailable.
        """
        kept = await self._client.kept(str(self.id))
        state = self._memory.open(kept.data, self._about(kept.number)) if kept.at else None
        self._at = kept.number
        return Resumed(state, kept.number, self._follow(kept.number))

    async def revise(self, quality: Quality) -> int:
        """From now on this is the session's quality, for all: `await session.revise(Quality(Priority.HIGH))`.
        Who follows the events hears of it at once. Returns the number of the event.

        Raises BadInput, NotPermitted, Unavailable.
        """
        check_quality(quality)
        taken = await self._client.revise(Revise(str(self.id), event_id(b""), quality))
        self._take(quality)
        return taken.number

    async def refresh(self) -> Entry:
        """The session table's entry now: `(await session.refresh()).participants`. Raises NotPermitted,
        Unavailable.
        """
        self.entry = await self._client.show(str(self.id))
        self._take(self.entry.quality)
        return self.entry

    async def invite(self, party: PartyId | str) -> None:
        """It may join, and is told so: `await session.invite("bob@b.example")`. Raises NotPermitted."""
        await self.channel.invite(party)

    async def remove(self, party: PartyId | str) -> None:
        """It is out at once: `await session.remove("bob@b.example")`. Raises NotPermitted."""
        await self.channel.remove(party)
        await self._tell_changed()

    async def leave(self) -> None:
        """Be in it no more: `await session.leave()`. Raises Refused for the owner, who ends it."""
        await self.channel.leave()
        await self._tell_changed()
        await self._sessions.drop(self)

    async def end(self, why: str = "") -> None:
        """It is over for all, and can be read for a while: `await session.end("solved")`. Raises NotPermitted
        unless we opened it, or are a deputy.
        """
        await self._client.end(str(self.id), why)
        self.entry = await self._client.show(str(self.id))
        if self.channel.owner == self._endpoint.me:
            await self.channel.release()

    async def _follow(self, after: int, upto: int | None = None) -> AsyncGenerator[Event]:
        if upto is not None and after >= upto:
            return
        async with aclosing(self._following.events(after, self.entry.incarnation)) as events:
            async for event in events:
                self._note(event)
                yield event
                if event.number == upto:
                    return

    def _note(self, event: Event) -> None:
        self._at = event.number
        if event.quality is not None:
            self._take(event.quality)
        elif event.kind is Kind.ENDED:
            self.entry = msgspec.structs.replace(self.entry, ended=event.at, why=event.why)

    def _take(self, quality: Quality) -> None:
        self.entry = msgspec.structs.replace(self.entry, quality=quality)
        table = self._endpoint.qualities.table
        known = table.of(self.quality_name)
        if known is None or known.quality != quality:
            table.set(self.quality_name, quality)

    async def _pace(self) -> None:
        rate = self.quality.rate_per_s
        if rate:
            now = asyncio.get_running_loop().time()
            self._next_at = max(now, self._next_at) + 1 / rate
            await asyncio.sleep(self._next_at - 1 / rate - now)

    async def _tell_changed(self) -> None:
        """So that it knows at once; else it sees it soon."""
        try:
            self.entry = await self._client.show(str(self.id), changed=True)
        except NotPermitted:
            return
        except OverlayError as error:
            self._sessions.report(f"{self.id} is not told yet who is in it", error)

    def _check_in(self) -> None:
        if self.entry.ended:
            raise NotFound(f"{self.id} is over" + (f": {self.entry.why}" if self.entry.why else ""))
        if not self.channel.open:
            raise NotFound(f"we are not in {self.id} any more")

    def _about(self, number: int) -> bytes:
        if number < 0:
            raise BadInput("numbers of events begin at 1")
        return f"{self.id} {self._endpoint.me} {self.entry.incarnation.hex()} {number}".encode()
