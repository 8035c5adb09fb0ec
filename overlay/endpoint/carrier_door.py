"""What an endpoint offers to carriers beside the broker: the same proof, gate, handlers and ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cryptography import x509

from overlay.endpoint.couriers import Courier, arriving
from overlay.endpoint.parts import Parts
from overlay.endpoint.party import Party
from overlay.endpoint.verifier import TALKERS, Verified, Verifier
from overlay.errors import (
    BadInput,
    NotFound,
    NotPermitted,
    OverlayError,
    Overloaded,
    Refused,
    TimedOut,
)
from overlay.naming.ids import PartyId
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class
from overlay.transport.contract import Delivery
from overlay.trust.bundle import UnknownDomain
from overlay.trust.identity import Identity
from overlay.wire.content import Content, Kind, encode_content
from overlay.wire.envelope import decode_envelope

_FOR_HANDLERS = (Kind.REQUEST, Kind.MESSAGE)


class CarrierDoor:
    """Of one endpoint that serves an agent. `party`: as it is now."""

    def __init__(self, parts: Parts, party: Callable[[], Party]) -> None:
        self._parts = parts
        self.party = party
        self._verifier = Verifier(party().id, parts.keyring)

    def check_direct(self) -> None:
        """Raises NotPermitted where the domain wants to see all that its agents say."""
        if self._parts.composer.inside is Inside.GATEWAY:
            raise NotPermitted(
                f"in {self.party().id.domain} messages go through the gateway: agents serve no other carrier "
                "(overlay inside)"
            )

    # -- the way out -------------------------------------------------------------------------------------
    def use(self, to: PartyId, courier: Courier | None) -> None:
        """From now on reach `to` by this one, or over the broker again (None)."""
        couriers = self._parts.couriers.to
        couriers.pop(to, None)
        if courier is not None:
            couriers[to] = courier

    # -- the way in --------------------------------------------------------------------------------------
    def identify(self, certificate: x509.Certificate) -> Identity:
        """Who shows this certificate, if we believe it now. Raises Untrusted, Refused."""
        identity = self._parts.trust.verify(certificate, self._parts.clock())
        if identity.role not in TALKERS:
            raise Refused(f"{identity.party} has the role {identity.role} and may not send this")
        return identity

    async def sealed(self, envelope: bytes, most_s: float) -> bytes:
        """Take a message as it goes over brokers. Returns the sealed answer; empty where there is none.

        Raises what is wrong with it before it is proved, or that it is not let in, and TimedOut.
        """
        self.check_direct()
        verified = await self._prove(envelope)
        header = verified.header
        if header.slot or not header.sender_slot or verified.content.kind not in _FOR_HANDLERS:
            raise BadInput(
                "this carrier takes requests and messages for the agent, with a slot for the answer"
            )
        if verified.content.stream:  # else who took it from a broker would have it overtake others
            raise BadInput("this message has a number in a stream, and comes in its turn over the broker")
        answer = await self.handled(verified, most_s)
        if answer is None:
            return b""
        card = await self._parts.cards.card_for_answer(verified.sender.party)
        deadline_ms = int((self._parts.clock() + self.party().settings.default_deadline_s) * 1000)
        composer = self._parts.composer
        outgoing = composer.answer(
            card, header.sender_slot, header.priority, encode_content(answer), deadline_ms
        )
        return composer.seal(outgoing, always_wrap=True)

    async def handled(self, verified: Verified, most_s: float) -> Content | None:
        """What our handler answers to a proved message; None: a realtime message was taken. Raises
        NotPermitted, NotFound (nothing is served), TimedOut, Overloaded.
        """
        header = verified.header
        way = verified.sender.party, header.sender_slot
        ways = self._parts.post.ways
        if way in ways:
            raise Overloaded("the same message is being handled", 1.0)
        answer: asyncio.Future[Content] = asyncio.get_running_loop().create_future()

        def answered(content: Content) -> None:
            if not answer.done():
                answer.set_result(content)

        ways[way] = answered
        try:
            await self._hand_over(verified, answer)
            if header.cls is Class.REALTIME and verified.content.kind is Kind.MESSAGE and not answer.done():
                return None
            async with asyncio.timeout(
                min(most_s, max(0.0, header.deadline_ms / 1000 - self._parts.clock()))
            ):
                return await answer
        except TimeoutError as error:
            raise TimedOut(f"{self.party().id} did not answer in time") from error
        finally:
            del ways[way]
            answer.cancel()

    async def _hand_over(self, verified: Verified, answer: asyncio.Future[Content]) -> None:
        parts = self._parts
        handler, handling = parts.reception.handler, parts.handling
        if handler is None:
            raise NotFound(f"{self.party().id} serves nothing")
        if verified.header.cls is Class.REALTIME:
            admitted = parts.gate.admit(handler, verified)
            if isinstance(admitted, NotPermitted):
                raise admitted
            await handling.realtime(admitted, verified, parts.gate.policy)
            return
        admitted = parts.gate.admit(handler, verified, lambda: handling.ended(verified))
        if isinstance(admitted, NotPermitted):
            raise admitted
        await handling.stored(admitted, verified, _Brought(answer))

    async def _prove(self, data: bytes) -> Verified:
        try:
            envelope = decode_envelope(data)
            subject = arriving(envelope.header, self.party().id)
            try:
                return self._verifier.verify(subject, envelope)
            except UnknownDomain as unknown:
                await self._parts.cards.learn(unknown.domain)
                return self._verifier.verify(subject, envelope)
        except OverlayError as error:
            self._parts.counters[error.reason] += 1
            raise


class _Brought:
    """A reliable message that a carrier brought: who sent it has it, and brings it again."""

    delivery = Delivery("", b"")
    attempt = 1

    def __init__(self, answer: asyncio.Future[Content]) -> None:
        self._answer = answer

    async def ack(self) -> None:
        """See `Stored`. What became of it is said by its answer."""

    async def again(self, delay_s: float = 0.0) -> None:
        """See `Stored`."""
        if not self._answer.done():
            self._answer.set_exception(Overloaded("it was not handled: bring it again", delay_s))
