"""The way in: decode, verify, then to whoever it concerns. The same for every mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from overlay.clock import Clock
from overlay.endpoint.answers import Answers
from overlay.endpoint.cards import Cards
from overlay.endpoint.complaints import Complaints
from overlay.endpoint.failures import error_of
from overlay.endpoint.gate import Gate
from overlay.endpoint.handling import Handling
from overlay.endpoint.holding_back import HoldingBack
from overlay.endpoint.message import Handler, ServiceHandler
from overlay.endpoint.outbox import Outbox
from overlay.endpoint.post import Post
from overlay.endpoint.receipts import Receipts
from overlay.endpoint.resequencing import Resequencing
from overlay.endpoint.sender_limit import SenderLimit
from overlay.endpoint.strays import Strays
from overlay.endpoint.verifier import Verified, Verifier
from overlay.errors import NotPermitted, OverlayError, Refused, Unavailable, UnknownKey, Untrusted
from overlay.naming.ids import PartyId
from overlay.naming.subjects import ToChannel, ToService, parse_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnError, Stored
from overlay.trust.bundle import UnknownDomain, UnknownRoot
from overlay.trust.keyring import Keyring
from overlay.wire.content import Content, Kind
from overlay.wire.envelope import Header, decode_envelope


class RootNotHeardOf(Unavailable):
    """The root is not known here yet: our registry may be about to hear of it from the peer's."""


class ChannelReception(Protocol):
    """Takes what members of channels published."""

    async def arrived(self, delivery: Delivery, stored: Stored | None) -> None:
        """Nothing about it is proved. `stored` is to be settled."""


class Reception:
    """Takes what the broker delivers. Nothing that is not verified gets past `_proved`."""

    def __init__(
        self,
        *,
        me: PartyId,
        verifier: Verifier,
        keyring: Keyring,
        cards: Cards,
        complaints: Complaints,
        post: Post,
        answers: Answers,
        outbox: Outbox,
        receipts: Receipts,
        handling: Handling,
        resequencing: Resequencing,
        gate: Gate,
        holding_back: HoldingBack,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self._home = me.domain
        self._verifier = verifier
        self._keyring = keyring
        self._cards = cards
        self._complaints = complaints
        self._post = post
        self._answers = answers
        self._outbox = outbox
        self._receipts = receipts
        self._handling = handling
        self._resequencing = resequencing
        self._gate = gate
        self._holding_back = holding_back
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._questions = SenderLimit(
            settings.questions_per_s, settings.questions_burst, settings.peers_counted, clock
        )
        told = SenderLimit(
            settings.complaints_per_s, settings.complaints_burst, settings.peers_counted, clock
        )
        self._strays = Strays(me, post, outbox, told, clock, counters, on_error)
        self.handler: Handler | None = None
        self.service_handler: ServiceHandler | None = None
        self.channels: ChannelReception | None = None
        self.of_process: dict[str, Callable[[Verified], Awaitable[None]]] = {}
        """By topic: who takes messages that are for this process alone, and lets in whom it will."""

    async def answer(self, delivery: Delivery) -> None:
        """From the process's own inbox. Answers come from domains we know: the directory is not asked, whose
        answer would have to come this same way.
        """
        verified = await self._proved(delivery, learn=False)
        if verified is not None:
            await self._dispatch(verified)
            await self._confirm(verified)

    async def message(self, delivery: Delivery) -> None:
        """From the realtime half of the agent's inbox."""
        if _is_channel(delivery.subject):
            await self._channel(delivery, None)
            return
        try:
            verified = await self._proved(delivery, learn=True)
        except Unavailable as error:
            self._counters[error.reason] += 1
            return
        if verified is not None:
            await self._dispatch(verified)
            await self._confirm(verified)

    async def stored(self, stored: Stored) -> None:
        """From the stored half."""
        if _is_channel(stored.delivery.subject):
            await self._channel(stored.delivery, stored)
            return
        try:
            patient = stored.attempt < self._settings.unknown_root_attempts
            verified = await self._proved(stored.delivery, learn=True, patient=patient)
        except RootNotHeardOf:
            self._counters["root-not-heard-of"] += 1
            await stored.again(self._settings.unknown_domain_wait_s)
            return
        except Unavailable:
            await stored.again(self._settings.redelivery_wait_s)
            return
        handler = self.handler
        if verified is None:
            await stored.ack()
        elif handler is not None and verified.content.kind in _FOR_HANDLERS:
            await self._resequencing.stored(verified, stored, partial(self._stored, handler, verified))
            await self._confirm(verified)
        else:
            await stored.ack()
            await self._dispatch(verified)

    async def question(self, delivery: Delivery) -> None:
        """From the inbox of a service. Whoever floods it is stopped before any work is done, by the token
        under which the broker let it publish: others wait behind the same queue. What is no envelope counts
        for nobody: a party can make NATS itself publish its answers under the token of another.
        """
        try:
            decode_envelope(delivery.payload)
        except OverlayError as error:
            self._counters[error.reason] += 1
            return
        if not self._questions.allow(delivery.subject.rpartition(".")[2]):
            self._counters["over-rate"] += 1
            return
        verified = await self._proved(delivery, learn=False)
        subject = parse_subject(delivery.subject) if verified else None
        if verified and isinstance(subject, ToService) and self.service_handler:
            await self._handling.service(self.service_handler, subject.operation, verified)
            await self._confirm(verified)

    async def _channel(self, delivery: Delivery, stored: Stored | None) -> None:
        if self.channels is not None:
            await self.channels.arrived(delivery, stored)
            return
        self._counters["channel-not-in"] += 1
        if stored is not None:
            await stored.ack()

    async def _proved(self, delivery: Delivery, *, learn: bool, patient: bool = False) -> Verified | None:
        header: Header | None = None
        try:
            envelope = decode_envelope(delivery.payload)
            header = envelope.header
            try:
                verified = self._verifier.verify(delivery.subject, envelope)
            except UnknownDomain as unknown:
                if not learn:
                    raise
                await self._learn(unknown, patient=patient)
                verified = self._verifier.verify(delivery.subject, envelope)
        except Unavailable:
            raise
        except OverlayError as error:
            self._counters[error.reason] += 1
            if header is not None and isinstance(error, Untrusted):
                self._complaints.report(header, error)
            return None
        return verified

    async def _learn(self, unknown: UnknownDomain, *, patient: bool) -> None:
        try:
            if isinstance(unknown, UnknownRoot):
                await self._cards.learn_roots(unknown.domain)
            else:
                await self._cards.learn(unknown.domain)
        except Refused as error:
            if patient and isinstance(unknown, UnknownRoot) and unknown.domain != self._home:
                raise RootNotHeardOf(str(unknown)) from error
            raise unknown from error

    async def _confirm(self, verified: Verified) -> None:
        """After what the message said was taken in: it may have said that our own key is not known."""
        header = verified.header
        if not verified.new_key or not header.sender_slot:
            return
        confirm = Content(kind=Kind.CONFIRM, about=(header.key_id,))
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        await self._post.try_answer(
            verified.sender.party, header.sender_slot, header.priority, confirm, deadline_ms, wrap=True
        )

    async def _dispatch(self, verified: Verified) -> None:
        content = verified.content
        match content.kind:
            case Kind.REPLY:
                self._reply(verified)
            case Kind.REQUEST | Kind.MESSAGE:
                await self._to_handler(verified)
            case Kind.ERROR:
                self._error(verified)
            case Kind.RECEIPT:
                if not self._outbox.receipt(verified.sender, content.about):
                    self._counters["unasked"] += 1
            case Kind.CONFIRM:
                for key_id in content.about:
                    self._keyring.confirm(verified.sender.party, key_id)
            case Kind.PROBE | Kind.QUALITY:
                await self._aside(verified)

    async def _aside(self, verified: Verified) -> None:
        if verified.content.kind is Kind.PROBE:
            await self._receipts.probe(verified)
        else:
            self._handling.hear(verified)

    async def _to_handler(self, verified: Verified) -> None:
        content = verified.content
        if not verified.header.slot and self.handler is not None:
            await self._resequencing.realtime(verified, partial(self._realtime, self.handler, verified))
            return
        handle = self.of_process.get(content.topic) if verified.header.slot else None
        if handle is None or content.kind is not Kind.MESSAGE:
            self._counters["not-served"] += 1
        else:
            await handle(verified)

    async def _realtime(self, handler: Handler, verified: Verified) -> None:
        admitted = self._gate.admit(handler, verified)
        if isinstance(admitted, NotPermitted):
            await self._handling.refuse(verified, admitted)
        else:
            await self._handling.realtime(admitted, verified, self._gate.policy)

    async def _stored(self, handler: Handler, verified: Verified, stored: Stored) -> None:
        admitted = self._gate.admit(handler, verified, lambda: self._handling.ended(verified))
        if isinstance(admitted, NotPermitted):
            await self._handling.refuse_stored(verified, stored, admitted)
        else:
            await self._handling.stored(admitted, verified, stored)

    def _reply(self, verified: Verified) -> None:
        about = verified.content.about
        settled = self._outbox.receipt(verified.sender, about)
        if not (about and self._answers.reply(about[0], verified)) and not settled:
            self._counters["unasked"] += 1

    def _error(self, verified: Verified) -> None:
        content, peer = verified.content, verified.sender.party
        error = error_of(content.reason, content.body, content.wants, content.retry_after_ms)
        for message_id in content.about:
            if isinstance(error, UnknownKey) and self._post.send_again(message_id, peer):
                continue
            self._holding_back.told(verified, message_id, error)
            if self._outbox.outlives(verified.sender, message_id, error):
                continue
            ended = self._outbox.fail(verified.sender, message_id, error)
            if not (self._answers.fail(message_id, verified, error) or ended):
                self._strays.told(verified.sender, message_id, error)


def _is_channel(subject: str) -> bool:
    return ".chan." in subject and isinstance(parse_subject(subject), ToChannel)


_FOR_HANDLERS = (Kind.REQUEST, Kind.MESSAGE)
