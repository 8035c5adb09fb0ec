"""Sending realtime messages: seal, publish, remember; and once again when the receiver lacked the key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from overlay.endpoint.answers import Answers
from overlay.endpoint.cards import Cards
from overlay.endpoint.composer import Composer, Outgoing
from overlay.endpoint.recent import Recent
from overlay.endpoint.verifier import TALKERS
from overlay.errors import NotFound, OverlayError, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.transport.contract import OnError, Transport
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.wire.content import Content, decode_content, encode_content


class Post:
    """The way out for everything that is not stored."""

    def __init__(
        self,
        *,
        role: Role,
        transport: Transport,
        composer: Composer,
        keyring: Keyring,
        cards: Cards,
        answers: Answers,
        recent: Recent,
        waiting: int,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self.talks = role in TALKERS
        """Whether the broker lets us publish to agents; operators and newcomers only ask services."""
        self.transport = transport
        """The current one."""
        self._composer = composer
        self._keyring = keyring
        self._cards = cards
        self._answers = answers
        self._recent = recent
        self._again: asyncio.Queue[Outgoing] = asyncio.Queue(waiting)
        self._waiting = waiting
        self._later: dict[bytes, asyncio.TimerHandle] = {}
        self.ways: dict[tuple[PartyId, str], Callable[[Content], None]] = {}
        """By party and slot: answers that go another way than over the broker."""
        self._counters = counters
        self._on_error = on_error

    async def publish(self, outgoing: Outgoing, *, always_wrap: bool = False, wrap: bool = False) -> None:
        """Seal and publish; with the key if the receiver may lack it, or so that it need not say so
        (`wrap`; `always_wrap`: nor does it help to send it again). Raises TooLarge, Unreachable.
        """
        sealed = self._composer.seal(outgoing, always_wrap=always_wrap or wrap)
        if not always_wrap:
            self._recent.keep(outgoing)
        transport = self.transport
        try:
            await transport.publish(outgoing.subject, sealed)
        except Unreachable:
            if transport is self.transport:
                raise
            await self.transport.publish(outgoing.subject, sealed)  # another took its place meanwhile

    async def answer(
        self,
        to: PartyId,
        slot: str,
        priority: Priority,
        content: Content | bytes,
        deadline_ms: int,
        *,
        always_wrap: bool = False,
        wrap: bool = False,
    ) -> None:
        """Send something about earlier messages to the process that sent them; nothing, where we are somebody
        who only asks. Raises OverlayError.
        """
        way = self.ways.get((to, slot))
        if way is not None:
            way(decode_content(content) if isinstance(content, bytes) else content)
            return
        if not self.talks:
            return
        data = content if isinstance(content, bytes) else encode_content(content)
        card = await self._cards.card_for_answer(to)
        outgoing = self._composer.answer(card, slot, priority, data, deadline_ms)
        await self.publish(outgoing, always_wrap=always_wrap, wrap=wrap)

    async def try_answer(
        self,
        to: PartyId,
        slot: str,
        priority: Priority,
        content: Content | bytes,
        deadline_ms: int,
        *,
        wrap: bool = False,
    ) -> None:
        """The same; what goes wrong is counted and told to `on_error`."""
        try:
            await self.answer(to, slot, priority, content, deadline_ms, wrap=wrap)
        except OverlayError as error:
            self._counters[f"unanswered-{error.reason}"] += 1
            self._on_error(f"answer to {to}", error)

    def known(self, message_id: bytes) -> Outgoing | None:
        """What was sent under this ID, if that is still known."""
        return self._answers.question(message_id) or self._recent.get(message_id)

    def sent_to(self, message_id: bytes) -> PartyId | None:
        """To whom this was sent, if that is still known."""
        outgoing = self.known(message_id)
        return outgoing.to.identity.party if outgoing else None

    def send_again(self, message_id: bytes, peer: PartyId) -> bool:
        """`peer` lacked the key of this message: `run` sends it again, with the key, if we still know it;
        whatever goes to `peer` next brings the key in any case. Whether we knew it.
        """
        self._keyring.unconfirm(peer)
        outgoing = self.known(message_id)
        if outgoing is None or outgoing.resent or outgoing.to.identity.party != peer:
            return False
        if self._again.full():
            self._counters["resend-overloaded"] += 1
            return False
        outgoing.resent = True
        self._again.put_nowait(outgoing)
        return True

    def send_later(self, outgoing: Outgoing, after_s: float) -> bool:
        """Once more, after this time; False where too much waits for that."""
        if len(self._later) >= self._waiting:
            self._counters["resend-overloaded"] += 1
            return False
        loop = asyncio.get_running_loop()
        self._later[outgoing.id] = loop.call_later(after_s, self._now, outgoing)
        return True

    def _now(self, outgoing: Outgoing) -> None:
        del self._later[outgoing.id]
        if self._again.full():
            self._counters["resend-overloaded"] += 1
        else:
            self._again.put_nowait(outgoing)

    async def run(self) -> None:
        """Send again what has to be. Not where that is noticed: the directory's answer comes the same way."""
        try:
            await self._send_again()
        finally:
            for timer in self._later.values():
                timer.cancel()

    async def _send_again(self) -> None:
        while True:
            outgoing = await self._again.get()
            self._counters["sent-again"] += 1
            try:
                outgoing.to = await self._fresh_card(outgoing.to)
                await self.publish(outgoing, always_wrap=True)
            except OverlayError as error:
                self._on_error(f"sending to {outgoing.to.identity.party} again", error)

    async def _fresh_card(self, old: KeyCard) -> KeyCard:
        """The receiver may have a new sealing key; newcomers are in no directory."""
        self._cards.forget(old.identity.party)
        try:
            return await self._cards.card(old.identity.party)
        except NotFound:
            return old
