"""The sender's half of `reliable`: what was accepted is kept, asked about and stored again until it ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict

from overlay.clock import Clock
from overlay.endpoint.failures import may_answer_for
from overlay.endpoint.numbering import Numbering
from overlay.endpoint.open_letters import OpenLetter, OpenLetters
from overlay.endpoint.post import Post
from overlay.endpoint.resealing import Resealing
from overlay.endpoint.state import Letter, State
from overlay.errors import BadCertificate, OverlayError, Overloaded, TimedOut, Unavailable, Untrusted
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import OnError, Transport
from overlay.trust.identity import Identity
from overlay.wire.content import MAX_ABOUT, Content, Kind, decode_content

_Due = dict[tuple[PartyId, Priority, int], list[bytes]]
_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


class Outbox:
    """The reliable messages of this process. `run` beside the endpoint."""

    def __init__(
        self,
        *,
        me: PartyId,
        owner: str,
        state: State,
        transport: Transport,
        post: Post,
        resealing: Resealing,
        numbering: Numbering,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self._me = me
        self._owner = owner
        self._state = state
        self.transport = transport
        """The current one."""
        self._post = post
        self._resealing = resealing
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._open = OpenLetters(settings, numbering, counters)
        self.room = self._open.room
        """Wait for it before `send`."""
        self._adopted = 0.0
        self._to_reseal: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._open)

    def owns(self, message_id: bytes) -> bool:
        """Whether this one waits for its receipt here."""
        return message_id in self._open

    def earlier(self, message_id: bytes) -> bool:
        """Whether this one, which waits for its receipt here, was sent by an earlier process."""
        opened = self._open.get(message_id)
        return opened is not None and not opened.number

    @property
    def earlier_ones(self) -> int:
        """How many such there are."""
        return sum(not opened.number for _, opened in self._open)

    async def send(self, letter: Letter, number: int, sendings: int = 0) -> asyncio.Future[Exception | None]:
        """Keep, then store; the result tells how it ended. There is `room`. Waits while the broker is full.

        Raises Overloaded; NotStored and Unreachable when the broker did not confirm, TooLarge: then the
        message is not sent again.
        """
        opened = self._enter(letter, self._settings.probe_after_s, number, sendings)
        try:
            await self._state.keep(letter, self._owner)
            await self._store_patiently(letter)
        except OverlayError as error:
            self._end(letter.id, error)
            raise
        return opened.outcome

    def receipt(self, sender: Identity, about: tuple[bytes, ...]) -> bool:
        """These were handled, says `sender`; whether it concerned any."""
        concerned = False
        for message_id in about:
            opened = self._open.get(message_id)
            if opened is not None and opened.receiver == sender.party:
                self._end(message_id, None)
                concerned = True
        return concerned

    def fail(self, sender: Identity, message_id: bytes, error: OverlayError) -> bool:
        """This will not be handled, says `sender`; whether it concerned us."""
        opened = self._open.get(message_id)
        if opened is None or not may_answer_for(sender, opened.receiver, self._me):
            return False
        if opened.sendings and isinstance(error, Untrusted):
            self._counters["old-copy-refused"] += 1  # of before it was sent again: too old, or its key is
        else:
            self._give_up(message_id, error)
        return True

    def outlives(self, sender: Identity, message_id: bytes, error: OverlayError) -> bool:
        """Whether what `sender` refuses is a copy of a root that is gone: another takes its place."""
        opened = self._open.get(message_id)
        if opened is None or not isinstance(error, BadCertificate):
            return False
        return may_answer_for(sender, opened.receiver, self._me) and self._is_outdated(message_id, opened)

    def root_is_gone(self) -> None:
        """Our domain has one root less: what was sealed under that will be refused, so seal it anew."""
        for message_id, opened in self._open:
            letter = self._state.letter(message_id)
            if letter is not None and message_id not in self._to_reseal and self._resealing.can(letter):
                opened.outdated += 1
                self._to_reseal.add(message_id)

    async def run(self) -> None:
        """Say that we live, take over what dead processes left, ask, store again, give up at deadlines."""
        while True:
            try:
                await self._adopt()
                self._expire()
                await self._reseal()
                await self._ask(self._due())
            except OverlayError as error:
                self._counters[f"outbox-{error.reason}"] += 1
                self._on_error("outbox", error)
            await asyncio.sleep(self._settings.probe_after_s / 2)

    async def close(self) -> None:
        """What has not ended is left to the party's next process."""
        self._open.close()
        await self._state.release(self._owner)

    def _enter(self, letter: Letter, wait_s: float, number: int, sendings: int) -> OpenLetter:
        left_s = max(0.0, letter.deadline - self._clock())
        return self._open.enter(letter, wait_s, left_s, number, sendings)

    def _is_outdated(self, message_id: bytes, opened: OpenLetter) -> bool:
        if opened.outdated:
            opened.outdated -= 1
            return True
        letter = self._state.letter(message_id)
        if letter is None or not self._resealing.can(letter):
            return False
        self._to_reseal.add(message_id)
        return True

    async def _reseal(self) -> None:
        for message_id in list(self._to_reseal):
            letter = self._state.letter(message_id) if message_id in self._open else None
            try:
                if letter is not None and self._resealing.can(letter):
                    await self._store_anew(await self._resealing.anew(letter))
            except OverlayError as error:  # it is tried again, like all that has no receipt
                self._counters[f"sealed-anew-{error.reason}"] += 1
                self._on_error("sealing a message anew", error)
            else:
                self._to_reseal.discard(message_id)

    async def _store_anew(self, letter: Letter) -> None:
        await self._state.replace(letter)
        self._counters["sealed-anew"] += 1
        await self._store(letter)

    def _end(self, message_id: bytes, error: Exception | None) -> None:
        opened = self._open.leave(message_id, given_up=error is not None)
        if opened is None:
            return
        if not opened.outcome.done():
            opened.outcome.set_result(error)
        self._state.drop(message_id)

    def _give_up(self, message_id: bytes, error: OverlayError) -> None:
        """It is a dead letter; who waits hears of it when that is on disk."""
        opened = self._open.leave(message_id, given_up=True)
        if opened is None:
            return
        self._counters["undelivered"] += 1
        self._counters[f"undelivered-{error.reason}"] += 1

        def told(kept: asyncio.Future[None]) -> None:
            failed = None if kept.cancelled() else kept.exception()
            if isinstance(failed, Exception):
                self._on_error(f"keeping dead letter {message_id.hex()}", failed)
            if not opened.outcome.done():
                opened.outcome.set_result(error)

        kept = self._state.dead_letters.sent(message_id, error.reason, str(error), opened.stores)
        kept.add_done_callback(told)

    async def _store_patiently(self, letter: Letter) -> None:
        loop = asyncio.get_running_loop()
        until, pause_s = loop.time() + self._settings.send_wait_s, _PAUSE_S
        while True:
            try:
                return await self._store(letter)
            except Overloaded:
                if loop.time() + pause_s > until:
                    raise
            self._counters["broker-full"] += 1
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _store(self, letter: Letter) -> None:
        transport = self.transport
        try:
            await self._store_over(transport, letter)
        except Unavailable:
            if transport is self.transport:
                raise
            await self._store_over(self.transport, letter)  # another took its place meanwhile

    async def _store_over(self, transport: Transport, letter: Letter) -> None:
        opened = self._open.get(letter.id)
        if opened is not None:
            opened.stores += 1
        ttl_s = max(1.0, letter.deadline - self._clock())
        same = hashlib.blake2b(letter.sealed, digest_size=16).hexdigest()  # what is sealed anew is another
        await transport.store(letter.subject, letter.sealed, message_id=same, ttl_s=ttl_s)

    async def _adopt(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._adopted:
            return
        self._adopted = loop.time() + self._settings.owner_lease_s / 3
        now = self._clock()
        room = max(0, self._settings.outbox_limit - len(self._open))
        alive_until = now + self._settings.owner_lease_s
        for letter in await self._state.adopt(self._owner, alive_until, now, room):
            self._counters["taken-up"] += 1
            self._enter(letter, 0.0, 0, decode_content(letter.content).sendings)

    def _expire(self) -> None:
        now = self._clock() - self._settings.clock_skew_s
        for message_id, opened in self._open:
            if opened.deadline >= now:
                continue
            error = TimedOut(f"{opened.receiver} gave no receipt before the deadline")
            self._on_error(f"message {message_id.hex()}", error)
            self._give_up(message_id, error)

    def _due(self) -> _Due:
        now = asyncio.get_running_loop().time()
        due: _Due = defaultdict(list)
        for message_id, opened in self._open:
            if opened.ask_at <= now:
                opened.ask_wait = max(self._settings.probe_after_s, opened.ask_wait * 2)
                again = max(opened.store_at, now + self._settings.probe_after_s)
                opened.ask_at = min(now + opened.ask_wait, again)
                due[opened.receiver, opened.priority, opened.sendings].append(message_id)
        return due

    async def _ask(self, due: _Due) -> None:
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        for (receiver, priority, sendings), ids in due.items():
            for start in range(0, len(ids), MAX_ABOUT):
                about = tuple(ids[start : start + MAX_ABOUT])
                self._counters["probes"] += 1
                probe = Content(kind=Kind.PROBE, about=about, sendings=sendings)
                await self._post.try_answer(receiver, "", priority, probe, deadline_ms)
            for message_id in ids:
                await self._store_again(message_id)

    async def _store_again(self, message_id: bytes) -> None:
        now = asyncio.get_running_loop().time()
        opened = self._open.get(message_id)
        if opened is None or opened.store_at > now:
            return
        opened.store_at = now + max(self._settings.probe_after_s, (opened.deadline - self._clock()) / 2)
        letter = self._state.letter(message_id)
        if letter is None:
            return
        self._counters["stored-again"] += 1
        try:
            await self._store(letter)
        except OverlayError as error:
            self._counters[f"stored-again-{error.reason}"] += 1
            self._on_error(f"storing a message to {letter.receiver} again", error)
