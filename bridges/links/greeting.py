"""One greeting of a peer's gateway, until it welcomes us or refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridges.links.handshake import DiallerHandshake, Established
from bridges.links.handshake_messages import REFUSAL, WELCOME, Refusal, Welcome, decode
from overlay.clock import Clock
from overlay.errors import OverlayError, Refused, TimedOut
from overlay.naming.subjects import HELLO, ToLink, parse_subject
from overlay.transport.contract import Delivery

_TIMES = 10
"""In the time of one handshake: nobody may have read the first, and brokers drop what nobody reads."""


class Greeting:
    """Of `process` at the broker of `domain`, or of any that is free (`HELLO`)."""

    def __init__(self, domain: str, process: str, handshake: DiallerHandshake, clock: Clock) -> None:
        self._domain = domain
        self._process = process
        self._handshake = handshake
        self._clock = clock
        self._answer: asyncio.Future[tuple[bytes, Established]] = asyncio.get_running_loop().create_future()

    async def run(
        self, send: Callable[[str, bytes], Awaitable[None]], timeout_s: float
    ) -> tuple[bytes, Established]:
        """What to say in the end, and the session. Raises TimedOut, and what the answer makes it raise."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._answer.done():
                    await send(self._process, self._handshake.hello)
                    await asyncio.wait((self._answer,), timeout=timeout_s / _TIMES)
                return self._answer.result()
        except TimeoutError as error:
            whom = "no gateway" if self._process == HELLO else f"process {self._process} of the gateway"
            raise TimedOut(f"{whom} of {self._domain} did not answer at its broker") from error

    def answered(self, delivery: Delivery) -> bool:
        """Whether this is the answer to it. Raises BadEnvelope."""
        refused = delivery.payload[:1] == REFUSAL
        answer: Refusal | Welcome
        if refused:
            answer = decode(REFUSAL, delivery.payload, Refusal)
        else:
            answer = decode(WELCOME, delivery.payload, Welcome)
        if not self._handshake.is_mine(answer.hello_nonce):
            return False
        if not self._answer.done():
            self._take(answer, delivery)
        return True

    def _take(self, answer: Refusal | Welcome, delivery: Delivery) -> None:
        try:
            if isinstance(answer, Refusal):
                said = f"{answer.reason}: {answer.text}"
                raise Refused(f"{self._domain} refuses: {said[:600]}")
            self._answer.set_result(self._welcomed(delivery))
        except OverlayError as error:
            self._answer.set_exception(error)

    def _welcomed(self, delivery: Delivery) -> tuple[bytes, Established]:
        finish, established = self._handshake.welcomed(delivery.payload, self._clock())
        subject = parse_subject(delivery.subject)
        if not isinstance(subject, ToLink) or subject.sender_process != established.process:
            raise Refused("the welcome is of another process than the one that published it")
        if self._process not in (HELLO, established.process):
            raise Refused("the welcome is of another process than the one that was greeted")
        return finish, established
