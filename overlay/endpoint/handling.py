"""Giving verified messages to the application's handlers, and its answers back to their senders."""

from __future__ import annotations

from collections import Counter
from functools import partial

from overlay.clock import Clock
from overlay.endpoint.caught import Caught
from overlay.endpoint.composer import Composer
from overlay.endpoint.dead_letters import DeadLetter, Side
from overlay.endpoint.failures import error_content, lasting, told
from overlay.endpoint.intake import Intake
from overlay.endpoint.message import Handler, Message, ServiceHandler, ServiceRequest
from overlay.endpoint.post import Post
from overlay.endpoint.receipts import Receipts
from overlay.endpoint.sender_limit import SenderLimit
from overlay.endpoint.state import Handled, State
from overlay.endpoint.verifier import Verified
from overlay.endpoint.work import Work
from overlay.errors import BadInput, NotPermitted, OverlayError, Unavailable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class
from overlay.policy.access import AccessPolicy
from overlay.quality.quality import Qualities
from overlay.settings import Settings
from overlay.transport.contract import OnError, Stored
from overlay.wire.content import Content, Kind, encode_content


def message_of(verified: Verified) -> Message:
    """What the application sees."""
    header, content = verified.header, verified.content
    return Message(
        sender=verified.sender.party,
        identity=verified.sender,
        body=content.body,
        topic=content.topic,
        id=header.id,
        reliable=header.cls is Class.RELIABLE,
        priority=header.priority,
        deadline=header.deadline_ms / 1000,
        attributes=content.attributes,
        sequence=content.sequence,
        quality=content.quality.name if content.quality else "",
    )


class Handling:
    """Runs handlers in the pool of `work`."""

    def __init__(
        self,
        *,
        me: PartyId,
        work: Work,
        post: Post,
        composer: Composer,
        state: State,
        receipts: Receipts,
        qualities: Qualities,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self._me = me
        self._work = work
        self._post = post
        self._composer = composer
        self._state = state
        self._receipts = receipts
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._refusals = SenderLimit(
            settings.complaints_per_s, settings.complaints_burst, settings.peers_counted, clock
        )
        self._intake = Intake(me, settings.takes_retry_s)
        self._qualities = qualities
        self.accepting = True
        """False while closing: what comes now is left to others."""

    async def realtime(
        self, handler: Handler, verified: Verified, policy: AccessPolicy | None = None
    ) -> None:
        """Queue it. A request is answered with an error while closing, and where `policy` says that this is
        more than we take.
        """
        self.hear(verified, begin=True)
        over = self._intake.refusal(policy, verified.sender.party, self._work.busy) if policy else None
        if over is not None:
            self._counters["over-intake"] += 1
            await self.refuse(verified, over)
        elif self.accepting:
            await self._work.submit(partial(self._run, handler, verified), verified.header.priority)
        else:
            await self._turn_away(verified)

    async def service(self, handler: ServiceHandler, operation: str, verified: Verified) -> None:
        """Queue a question to a service."""
        request = ServiceRequest(verified.sender, operation, verified.content.body)

        async def handle(_: Message) -> bytes:
            return await handler(request)

        await self.realtime(handle, verified)

    async def stored(self, handler: Handler, verified: Verified, stored: Stored) -> None:
        """Queue it, unless it was handled already: then say so again. Left unsettled while closing."""
        sender, message_id = verified.sender.party, verified.header.id
        if not self.accepting:
            return
        if not self._state.claims.take(sender, message_id):
            self._counters["duplicate-running"] += 1
            await stored.again(self._settings.redelivery_wait_s)
            return
        ended: Handled | None = None
        known = False
        try:
            ended = self._ended(verified)  # under the claim, so that it stays true
            known = True
        finally:
            if ended is not None or not known:
                self._state.claims.release(sender, message_id)
        if ended is None:
            job = partial(self._run_stored, handler, verified, stored)
            await self._work.submit(job, verified.header.priority)
            return
        self._counters["duplicate"] += 1
        await stored.ack()
        await self._receipts.give(verified, message_id, ended.answer)

    def hear(self, verified: Verified, *, begin: bool = False) -> None:
        """What the sender says of the quality of a session or task; `begin`: also of a new one."""
        told = verified.content.quality
        if told is None:
            return
        try:
            self._qualities.hear(verified.sender.party, told, begin=begin)
        except BadInput:
            self._counters["bad-quality"] += 1

    def ended(self, verified: Verified) -> bool:
        """Whether this message was handled before."""
        return self._ended(verified) is not None

    async def refuse(self, verified: Verified, error: OverlayError) -> None:
        """Tell the sender of a realtime message that it is not handled; who is not let in, not too often."""
        if self._hushed(verified, error):
            return
        header, party = verified.header, verified.sender.party
        content = error_content(error, self._me, header.id)
        await self._post.try_answer(
            party, header.sender_slot, header.priority, content, header.deadline_ms, wrap=verified.new_key
        )

    async def refuse_stored(self, verified: Verified, stored: Stored, error: OverlayError) -> None:
        """Settle a stored message that is not handled, and tell its sender. Nothing of it is written down: a
        stranger would fill the disk.
        """
        content = error_content(error, self._me, verified.header.id)
        await stored.ack()
        await self._receipts.give(verified, verified.header.id, encode_content(content))

    async def _run(self, handler: Handler, verified: Verified) -> None:
        answer, error = await self._call(handler, verified)
        if answer is None or self._hushed(verified, error):
            return
        header = verified.header
        if self._clock() * 1000 > header.deadline_ms:
            self._counters["late-reply"] += 1
            return
        party, told = verified.sender.party, verified.content.quality
        agreed = self._qualities.of(told.name, party) if told else None
        priority = agreed.quality.priority if agreed else header.priority
        await self._post.try_answer(
            party, header.sender_slot, priority, answer, header.deadline_ms, wrap=verified.new_key
        )  # a process that shows its key is new, and may not know the one that an earlier one of it confirmed

    async def _run_stored(self, handler: Handler, verified: Verified, stored: Stored) -> None:
        sender, header = verified.sender.party, verified.header
        try:
            answer, error = await self._call(handler, verified)
            backoff_s = self._settings.handler_backoff_s * 2 ** min(stored.attempt - 1, 20)
            if error and not lasting(error) and stored.attempt < self._settings.handler_attempts:
                self._counters["handler-again"] += 1
                await stored.again(backoff_s)
                return
            data = encode_content(answer) if answer else b""
            try:
                if not isinstance(error, NotPermitted):  # as in `refuse_stored`
                    await self._record(verified, stored, data, error)
            except Unavailable:
                await stored.again(backoff_s)
                raise
            await stored.ack()
        finally:
            self._state.claims.release(sender, header.id)
        await self._receipts.give(verified, header.id, data)

    def _ended(self, verified: Verified) -> Handled | None:
        handled = self._state.handled(verified.sender.party, verified.header.id)
        return handled if handled and handled.final(verified.content.sendings) else None

    async def _record(
        self, verified: Verified, stored: Stored, answer: bytes, error: Exception | None
    ) -> None:
        sender, header, content = verified.sender.party, verified.header, verified.content
        deadline = header.deadline_ms / 1000
        until = deadline + 2 * self._settings.clock_skew_s + self._settings.ledger_after_s
        if error is not None:
            self._counters["rejected"] += 1
            reason, said = told(error, self._me)
            dead = DeadLetter(
                Side.RECEIVED,
                sender,
                header.id,
                header.priority,
                content,
                deadline,
                reason,
                said.decode(),
                self._clock(),
                stored.attempt,
            )
            await self._state.dead_letters.received(dead)
        elif content.sendings:
            await self._state.dead_letters.forget(Side.RECEIVED, header.id)
        handled = Handled(answer, error is not None, content.sendings)
        await self._state.record(sender, header.id, until, handled, content.stream, content.sequence)

    async def _call(self, handler: Handler, verified: Verified) -> tuple[Content | None, Exception | None]:
        """What to answer, if anything; and what the handler raised."""
        asked = verified.content.kind is Kind.REQUEST
        with Caught() as caught:
            body = await handler(message_of(verified)) or b""
            if asked:
                self._composer.check_size(body, "", None)
        about = (verified.header.id,)
        if caught.error is None:
            return Content(kind=Kind.REPLY, body=body, about=about) if asked else None, None
        self._counters["handler-failed"] += 1
        if not isinstance(caught.error, OverlayError):
            self._on_error(f"handler of a message from {verified.sender.party}", caught.error)
        return error_content(caught.error, self._me, verified.header.id), caught.error

    def _hushed(self, verified: Verified, error: Exception | None) -> bool:
        """Whether this sender was told often enough that it may not: a stranger would make us seal and send
        an answer for each message of his.
        """
        if not isinstance(error, NotPermitted) or self._refusals.allow(str(verified.sender.party)):
            return False
        self._counters["refusal-limited"] += 1
        return True

    async def _turn_away(self, verified: Verified) -> None:
        self._counters["closing"] += 1
        await self.refuse(verified, Unavailable(f"a process of {self._me} is closing: ask again"))
