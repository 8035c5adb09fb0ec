"""The sender's half of `reliable`: what was accepted is kept, asked about and stored again until it ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass

from overlay.clock import Clock
from overlay.endpoint.failures import may_answer_for
from overlay.endpoint.post import Post
from overlay.endpoint.resealing import Resealing
from overlay.endpoint.state import Letter, State
from overlay.errors import BadCertificate, OverlayError, Overloaded, TimedOut, Unavailable, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import OnError, Transport
from overlay.trust.identity import Identity
from overlay.wire.content import MAX_ABOUT, Content, Kind


@dataclass(slots=True)
class _Open:
    """A message without its receipt. Times are the event loop's, but for the deadline."""

    receiver: PartyId
    priority: Priority
    deadline: float
    ask_at: float
    ask_wait: float
    store_at: float
    outcome: asyncio.Future[Exception | None]
    outdated: int = 0
    """Copies that are stored under a certificate which its receiver may refuse: another was stored since."""


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
        self._open: dict[bytes, _Open] = {}
        self._adopted = 0.0
        self._to_reseal: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def send(self, letter: Letter) -> asyncio.Future[Exception | None]:
        """Keep, then store; the result tells how it ended. Raises Overloaded; NotStored and Unreachable when
        the broker did not confirm, TooLarge: then the message is not sent again.
        """
        if len(self._open) >= self._settings.outbox_limit:
            raise Overloaded(f"{len(self._open)} messages wait for receipts already (outbox_limit)")
        opened = self._enter(letter, self._settings.probe_after_s)
        try:
            await self._state.keep(letter, self._owner)
            await self._store(letter)
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
        self._counters["undelivered"] += 1
        self._end(message_id, error)
        return True

    def outlives(self, sender: Identity, message_id: bytes, error: OverlayError) -> bool:
        """Whether what `sender` refuses is a copy of a root that is gone: another takes its place."""
        opened = self._open.get(message_id)
        if opened is None or not isinstance(error, BadCertificate):
            return False
        return may_answer_for(sender, opened.receiver, self._me) and self._is_outdated(message_id, opened)

    def root_is_gone(self) -> None:
        """Our domain has one root less: what was sealed under that will be refused, so seal it anew."""
        for message_id, opened in self._open.items():
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
        for opened in self._open.values():
            if not opened.outcome.done():
                opened.outcome.set_result(Unreachable("closed before a receipt came; the outbox keeps it"))
        self._open.clear()
        await self._state.release(self._owner)

    def _enter(self, letter: Letter, wait_s: float) -> _Open:
        loop = asyncio.get_running_loop()
        now = loop.time()
        left = max(0.0, letter.deadline - self._clock())
        ask_at, store_at = now + min(wait_s, left / 2), now + left / 2
        opened = _Open(
            letter.receiver,
            letter.priority,
            letter.deadline,
            ask_at,
            wait_s,
            store_at if wait_s else now,
            loop.create_future(),
        )
        self._open[letter.id] = opened
        return opened

    def _is_outdated(self, message_id: bytes, opened: _Open) -> bool:
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
        opened = self._open.pop(message_id, None)
        if opened is None:
            return
        if not opened.outcome.done():
            opened.outcome.set_result(error)
        self._state.drop(message_id)

    async def _store(self, letter: Letter) -> None:
        transport = self.transport
        try:
            await self._store_over(transport, letter)
        except Unavailable:
            if transport is self.transport:
                raise
            await self._store_over(self.transport, letter)  # another took its place meanwhile

    async def _store_over(self, transport: Transport, letter: Letter) -> None:
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
            self._enter(letter, 0.0)

    def _expire(self) -> None:
        now = self._clock() - self._settings.clock_skew_s
        for message_id in [key for key, opened in self._open.items() if opened.deadline < now]:
            receiver = self._open[message_id].receiver
            error = TimedOut(f"{receiver} gave no receipt before the deadline")
            self._counters["undelivered"] += 1
            self._on_error(f"message {message_id.hex()}", error)
            self._end(message_id, error)

    def _due(self) -> dict[tuple[PartyId, Priority], list[bytes]]:
        now = asyncio.get_running_loop().time()
        due: dict[tuple[PartyId, Priority], list[bytes]] = defaultdict(list)
        for message_id, opened in self._open.items():
            if opened.ask_at <= now:
                opened.ask_wait = max(self._settings.probe_after_s, opened.ask_wait * 2)
                again = max(opened.store_at, now + self._settings.probe_after_s)
                opened.ask_at = min(now + opened.ask_wait, again)
                due[opened.receiver, opened.priority].append(message_id)
        return due

    async def _ask(self, due: dict[tuple[PartyId, Priority], list[bytes]]) -> None:
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        for (receiver, priority), ids in due.items():
            for start in range(0, len(ids), MAX_ABOUT):
                about = tuple(ids[start : start + MAX_ABOUT])
                self._counters["probes"] += 1
                probe = Content(kind=Kind.PROBE, about=about)
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
