"""Messages to parties that are reached by another carrier than the broker."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from overlay.clock import Clock
from overlay.endpoint.cards import Cards
from overlay.endpoint.composer import Composer, Draft, Outgoing
from overlay.endpoint.failures import error_of
from overlay.endpoint.message import Sent
from overlay.endpoint.verifier import Verified, Verifier
from overlay.errors import (
    BadSeal,
    Failed,
    NotPermitted,
    Overloaded,
    TimedOut,
    Unavailable,
    UnknownKey,
)
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, ToAgent, ToProcess
from overlay.settings import Settings
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Kind
from overlay.wire.envelope import Header, decode_envelope


class Courier(Protocol):
    """Carries envelopes to one party."""

    async def carry(self, envelope: bytes, card: KeyCard, timeout_s: float) -> bytes:
        """The answer, sealed as this was; empty where there is none yet. Raises what the other side said
        without a seal, by its reason; Unreachable, TimedOut; BadCertificate: it is not the party of `card`.
        """


class Couriers:
    """By party. Each message brings its key, and its answer comes back the same way."""

    def __init__(
        self,
        me: PartyId,
        composer: Composer,
        keyring: Keyring,
        cards: Cards,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.to: dict[PartyId, Courier] = {}
        """Who is reached by which; all others over the broker."""
        self._me = me
        self._composer = composer
        self._verifier = Verifier(me, keyring)
        self._cards = cards
        self._settings = settings
        self._clock = clock

    def of(self, party: PartyId) -> Courier | None:
        """None: over the broker. Raises NotPermitted where the domain wants to see all that is said."""
        courier = self.to.get(party)
        if courier is not None and self._composer.inside is Inside.GATEWAY:
            raise NotPermitted(
                f"in {self._me.domain} messages go through the gateway: its operator lets agents use no "
                "carrier but the broker (overlay inside)"
            )
        return courier

    async def send(self, courier: Courier, draft: Draft) -> Sent:
        """A reliable one: returns when it was handled. Raises what the receiver says, as `ask`."""
        answer, message_id = await self._carry(courier, draft)
        if answer is None and draft.cls is Class.RELIABLE:
            raise Failed(f"{draft.to} did not say that it handled the message")
        done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return Sent(message_id, done if draft.cls is Class.RELIABLE else None)

    async def ask(self, courier: Courier, draft: Draft) -> Verified:
        """Raises what the receiver answered, by its reason; TimedOut, Unreachable."""
        answer, _ = await self._carry(courier, draft)
        if answer is None:
            raise Failed(f"{draft.to} gave no answer")
        return answer

    async def _carry(self, courier: Courier, draft: Draft) -> tuple[Verified | None, bytes]:
        self._composer.check_size(draft.body, draft.topic, draft.attributes)
        end = self._clock() + draft.left_s
        card = await self._cards.card(draft.to)
        unnumbered = msgspec.structs.replace(draft, numbered=False)  # each is answered before the next goes
        outgoing = self._composer.message(unnumbered, card, int(end * 1000))
        answers = f"by-{new_id().hex()}"
        sealed = self._composer.seal(outgoing, always_wrap=True, answers=answers)
        try:
            answer = await self._until(end, courier, sealed, outgoing)
        except UnknownKey:  # it has another sealing key since
            self._cards.forget(draft.to)
            outgoing.to = await self._cards.card(draft.to)
            sealed = self._composer.seal(outgoing, always_wrap=True, answers=answers)
            answer = await self._until(end, courier, sealed, outgoing)
        return self._opened(answer, outgoing, answers) if answer else None, outgoing.id

    async def _until(self, end: float, courier: Courier, sealed: bytes, outgoing: Outgoing) -> bytes:
        """A reliable one is brought again, the same bytes, until its deadline."""
        pause_s = self._settings.http_again_s
        while True:
            left_s = end - self._clock()
            try:
                return await courier.carry(sealed, outgoing.to, max(left_s, 0.001))
            except Unavailable as error:
                wait_s = max(pause_s, error.retry_after_s if isinstance(error, Overloaded) else 0.0)
                if outgoing.cls is Class.REALTIME or isinstance(error, Failed):
                    raise
                if self._clock() + wait_s >= end:
                    raise TimedOut(
                        f"{outgoing.to.name} was not reached before the deadline: {error}"
                    ) from error
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, self._settings.http_again_most_s)

    def _opened(self, answer: bytes, outgoing: Outgoing, answers: str) -> Verified:
        envelope = decode_envelope(answer)
        verified = self._verifier.verify(arriving(envelope.header, self._me), envelope)
        content = verified.content
        fits = verified.header.slot == answers and content.about == (outgoing.id,)
        if not fits or verified.sender.party != outgoing.to.identity.party:
            raise BadSeal(f"what came back is no answer of {outgoing.to.name} to what was asked")
        if content.kind is Kind.ERROR:
            raise error_of(content.reason, content.body, content.wants, content.retry_after_ms)
        return verified


def arriving(header: Header, me: PartyId) -> str:
    """The subject on which a message of this header would come to `me` over its broker. Raises BadName."""
    sender = PartyId.parse(header.sender)
    by = sender.name if sender.domain == me.domain else GATEWAY
    if header.slot:
        return str(ToProcess(header.cls, header.priority, me.name, header.slot, by))
    return str(ToAgent(header.cls, header.priority, me.name, by))
