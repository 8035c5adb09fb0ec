"""Showing credentials where a receiver wants them: the same request again, once, with what we hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from overlay.endpoint.composer import Draft
from overlay.endpoint.dead_letters import DeadLetter
from overlay.endpoint.message import Sent
from overlay.endpoint.sending import Sending
from overlay.endpoint.verifier import Verified
from overlay.errors import NotPermitted, OverlayError, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class
from overlay.settings import Settings

_Outcome = asyncio.Future[Exception | None]


class Holds(Protocol):
    """The credentials that a party has: `overlay.agent.papers.Papers`."""

    async def of_types(self, types: Collection[str]) -> Sequence[str]:
        """What to show where one of these types is wanted. Raises OverlayError."""


class Presenting:
    """`Sending`, and what follows when the receiver names credentials that would help. A reliable message is
    sent again by this process only: one that its next process takes over ends with the refusal.
    """

    def __init__(self, sending: Sending, settings: Settings, counters: Counter[str]) -> None:
        self.wallet: Holds | None = None
        self._sending = sending
        self._settings = settings
        self._counters = counters
        self._following: dict[asyncio.Task[None], _Outcome] = {}

    async def send(self, draft: Draft) -> Sent:
        """See `Endpoint.send`."""
        sent = await self._sending.send(draft)
        if draft.cls is Class.REALTIME or self.wallet is None:
            return sent
        outcome: _Outcome = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._follow(draft, sent, outcome), name=f"receipt of {draft.to}")
        self._following[task] = outcome
        task.add_done_callback(self._following.pop)
        return Sent(sent.id, outcome)

    async def ask(self, draft: Draft) -> Verified:
        """See `Endpoint.ask`."""
        since = asyncio.get_running_loop().time()
        try:
            return await self._sending.ask(draft)
        except NotPermitted as error:
            again = await self._showing(draft, error, since)
            if again is None:
                raise
        return await self._sending.ask(again)

    async def ask_service(self, service: str, operation: str, body: bytes, left_s: float) -> bytes:
        """See `Endpoint.ask_service`."""
        return await self._sending.ask_service(service, operation, body, left_s)

    async def send_again(self, letter: DeadLetter, left_s: float) -> Sent:
        """See `Endpoint.send_again`."""
        return await self._sending.send_again(letter, left_s)

    async def close(self, me: PartyId) -> None:
        """Who waits for a receipt gets Unreachable."""
        following = dict(self._following)
        for task in following:
            task.cancel()
        if following:
            await asyncio.wait(following)
        for outcome in following.values():
            if not outcome.done():
                outcome.set_result(Unreachable(f"this endpoint of {me} was closed before a receipt came"))

    async def _follow(self, draft: Draft, sent: Sent, outcome: _Outcome) -> None:
        since = asyncio.get_running_loop().time()
        ended = await _ended(sent)
        if isinstance(ended, NotPermitted):
            try:
                again = await self._showing(draft, ended, since)
                if again is not None:
                    shown = await self._sending.send(again)
                    await self._sending.forget_dead(sent.id)  # this one has taken its place
                    ended = await _ended(shown)
            except OverlayError as error:
                ended = error
        if not outcome.done():
            outcome.set_result(ended)

    async def _showing(self, draft: Draft, error: NotPermitted, since: float) -> Draft | None:
        """The same draft with credentials that may help; None when there are none, or no time is left."""
        if self.wallet is None or not error.wants:
            return None
        ends_at = since + draft.left_s
        try:
            async with asyncio.timeout_at(ends_at):
                held = await self.wallet.of_types(error.wants)
        except TimeoutError:
            return None
        left_s = ends_at - asyncio.get_running_loop().time()
        shown: list[str] = []
        for jwt in held[: self._settings.shown_limit]:
            if sum(map(len, shown)) + len(jwt) <= self._settings.shown_bytes:
                shown.append(jwt)
        if not shown or left_s <= 0:
            return None
        self._counters["shown"] += 1
        return msgspec.structs.replace(draft, left_s=left_s, shown=tuple(shown))


async def _ended(sent: Sent) -> Exception | None:
    try:
        await sent.receipt()
    except OverlayError as error:
        return error
    return None
