"""What an application sends and asks: checked, composed, handed to post or outbox, and waited for."""

from __future__ import annotations

import asyncio

from overlay.endpoint.composer import Draft, Outgoing
from overlay.endpoint.dead_letters import DeadLetter, Side
from overlay.endpoint.message import Sent
from overlay.endpoint.parts import Parts
from overlay.endpoint.party import Party
from overlay.endpoint.state import Letter
from overlay.endpoint.verifier import Verified
from overlay.errors import BadInput, OverlayError, Refused
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class


class Sending:
    """The application's way out."""

    def __init__(self, party: Party, parts: Parts) -> None:
        self._party = party
        self._parts = parts

    async def send(self, draft: Draft) -> Sent:
        """See `Endpoint.send`."""
        courier = self._parts.couriers.of(draft.to)
        if courier is not None:
            return await self._parts.couriers.send(courier, draft)
        draft = await self._parts.holding_back.turn(draft)
        outgoing = await self._compose(draft)
        if draft.cls is Class.REALTIME:
            await self._parts.post.publish(outgoing)
            return Sent(outgoing.id)
        return Sent(outgoing.id, await self._store(outgoing))

    async def send_again(self, letter: DeadLetter, left_s: float) -> Sent:
        """See `Endpoint.send_again`."""
        parts = self._parts
        if letter.side is not Side.SENT:
            raise BadInput(f"{letter.id.hex()} was received: its sender {letter.party} can send it again")
        if parts.outbox.owns(letter.id):
            raise BadInput(f"{letter.id.hex()} was sent again, and waits for its receipt")
        parts.cards.forget(letter.party)
        card = await parts.cards.card(letter.party)
        await parts.outbox.room()
        deadline_ms = self._deadline_ms(left_s)
        outgoing = parts.composer.again(card, letter.id, letter.content, letter.priority, deadline_ms)
        sent = Sent(letter.id, await self._store(outgoing, letter.content.sendings + 1))
        await parts.state.dead_letters.drop(letter.id)
        return sent

    async def forget_dead(self, message_id: bytes) -> None:
        """Another message has taken the place of this dead letter."""
        await self._parts.state.dead_letters.forget(Side.SENT, message_id)

    async def ask(self, draft: Draft) -> Verified:
        """See `Endpoint.ask`."""
        courier = self._parts.couriers.of(draft.to)
        if courier is not None:
            return await self._parts.couriers.ask(courier, draft)
        draft = await self._parts.holding_back.turn(draft)
        outgoing = await self._compose(draft)
        if draft.cls is Class.REALTIME:
            return await self._answer(outgoing, draft.left_s)
        answer = self._parts.answers.expect(outgoing, draft.left_s)
        try:
            await self._store(outgoing)
            return _verified(await answer)
        finally:
            self._parts.answers.drop(outgoing.id)

    async def ask_service(self, service: str, operation: str, body: bytes, left_s: float) -> bytes:
        """See `Endpoint.ask_service`."""
        parts = self._parts
        parts.composer.check_size(body, operation, None)
        card = await parts.cards.card(PartyId(service, self._party.id.domain))
        outgoing = parts.composer.question(card, service, operation, body, self._deadline_ms(left_s))
        # With its key in every question any replica can answer, also one that has just begun.
        return (await self._answer(outgoing, left_s, always_wrap=True)).content.body

    async def _compose(self, draft: Draft) -> Outgoing:
        parts = self._parts
        if not parts.post.talks:
            role = self._party.credentials.identity.role
            raise Refused(f"{self._party.id} has the role {role} and may ask services only")
        parts.composer.check_size(draft.body, draft.topic, draft.attributes)
        card = await parts.cards.card(draft.to)
        if draft.cls is Class.RELIABLE:
            await parts.outbox.room()  # before it has its number: one that is not sent leaves a gap
        return parts.composer.message(draft, card, self._deadline_ms(draft.left_s))

    async def _answer(self, outgoing: Outgoing, left_s: float, *, always_wrap: bool = False) -> Verified:
        answer = self._parts.answers.expect(outgoing, left_s)
        try:
            await self._parts.post.publish(outgoing, always_wrap=always_wrap)
            return _verified(await answer)
        finally:
            self._parts.answers.drop(outgoing.id)

    def _deadline_ms(self, left_s: float) -> int:
        return int((self._party.clock() + left_s) * 1000)

    async def _store(self, outgoing: Outgoing, sendings: int = 0) -> asyncio.Future[Exception | None]:
        try:
            letter = self._letter(outgoing)
        except OverlayError:
            to = outgoing.to.identity.party
            self._parts.composer.numbering.settled(to, outgoing.priority, outgoing.number, given_up=True)
            raise
        return await self._parts.outbox.send(letter, outgoing.number, sendings)

    def _letter(self, outgoing: Outgoing) -> Letter:
        sealed = self._parts.composer.seal(outgoing, always_wrap=True)
        party = outgoing.to.identity.party
        deadline = outgoing.deadline_ms / 1000
        return Letter(
            outgoing.id, party, outgoing.priority, outgoing.subject, outgoing.content, sealed, deadline
        )


def _verified(answer: Verified | OverlayError) -> Verified:
    if isinstance(answer, OverlayError):
        raise answer
    return answer
