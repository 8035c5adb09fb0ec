"""One stay at a peer's broker: greet, keep a line, and renew its keys in time."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridges.links.handshake import DiallerHandshake, Established
from bridges.links.handshake_messages import REFUSAL, WELCOME, Refusal, Welcome, decode
from bridges.links.line import Line
from bridges.links.switchboard import Switchboard
from bridges.links.traffic import Traffic
from bridges.ports import Me
from overlay.clock import Clock
from overlay.errors import OverlayError, Refused, TimedOut
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import link_process
from overlay.naming.subjects import HELLO, ToLink, parse_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Transport

_GREETINGS = 5
"""In the time of one handshake: nobody may have read the first, and brokers drop what nobody reads."""


class Visit:
    """Over one transport to the peer's broker. `arrive`, then `stay`."""

    def __init__(
        self,
        me: Me,
        traffic: Traffic,
        transport: Transport,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._me = me
        self._name = link_name(me().party.domain)
        self._traffic = traffic
        self._transport = transport
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._slot = ""
        self._switchboard = Switchboard(counters, self._greeting)
        self._handshake: DiallerHandshake | None = None
        self._answer: asyncio.Future[tuple[bytes, Established]] | None = None

    async def arrive(self) -> Line:
        """The first line. Raises OverlayError."""
        self._slot = await self._transport.claim_slot(self._name)
        await self._transport.read(link_process(self._name, self._slot), self._switchboard.delivered)
        return await self._shake()

    async def stay(self, line: Line) -> None:
        """Until there is no line any more. A line whose keys are used up is replaced before it ends."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._serve(line))
                await line.until_worn()
                if line.over:
                    return
                try:
                    fresh = await self._shake()
                except OverlayError as error:
                    self._counters[f"rekey-{error.reason}"] += 1
                    await line.close("its keys are used up")
                    return
                self._counters["rekeyed"] += 1
                group.create_task(self._retire(line))
                line = fresh

    async def _serve(self, line: Line) -> None:
        try:
            await self._traffic.serve(line)
        finally:
            self._switchboard.close(line)

    async def _retire(self, line: Line) -> None:
        line.retired = True
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await line.until_settled()
        except TimeoutError:
            self._counters["rekey-unsettled"] += 1
        await line.close("it has new keys")

    async def _shake(self) -> Line:
        limit = self._settings.link_rekey_frames * 2
        link = self._traffic.link
        self._handshake = DiallerHandshake(self._me(), self._slot, link.trust, limit, news=link.news())
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._settings.link_handshake_s):
                finish, established = await self._greet(self._handshake.hello, self._answer)
        except TimeoutError as error:
            raise TimedOut(f"no gateway of {self._traffic.link.domain} answered at its broker") from error
        finally:
            self._handshake = self._answer = None
        line = self._line(established)
        self._switchboard.open(line)
        await self._send_to(established.process, finish)
        return line

    async def _greet(
        self, hello: bytes, answer: asyncio.Future[tuple[bytes, Established]]
    ) -> tuple[bytes, Established]:
        while not answer.done():
            await self._send_to(HELLO, hello)
            await asyncio.wait((answer,), timeout=self._settings.link_handshake_s / _GREETINGS)
        return answer.result()

    def _line(self, established: Established) -> Line:
        async def send(frame: bytes) -> None:
            await self._send_to(established.process, frame)

        settings, clock, counters = self._settings, self._clock, self._counters
        return Line(established, send, self._traffic, settings, clock, counters, accepted=False)

    async def _greeting(self, delivery: Delivery) -> None:
        handshake, answer = self._handshake, self._answer
        if handshake is None or answer is None or answer.done():
            raise Refused("nobody was greeted")
        try:
            if delivery.payload[:1] == REFUSAL:
                refusal = decode(REFUSAL, delivery.payload, Refusal)
                mine, error = handshake.is_mine(refusal.hello_nonce), f"{refusal.reason}: {refusal.text}"
                if mine:
                    answer.set_exception(Refused(f"{self._traffic.link.domain} refuses: {error[:600]}"))
            elif handshake.is_mine(decode(WELCOME, delivery.payload, Welcome).hello_nonce):
                answer.set_result(self._welcomed(handshake, delivery))
        except OverlayError as error:
            answer.set_exception(error)

    def _welcomed(self, handshake: DiallerHandshake, delivery: Delivery) -> tuple[bytes, Established]:
        finish, established = handshake.welcomed(delivery.payload, self._clock())
        subject = parse_subject(delivery.subject)
        if not isinstance(subject, ToLink) or subject.sender_process != established.process:
            raise Refused("the welcome is of another process than the one that published it")
        return finish, established

    async def _send_to(self, process: str, payload: bytes) -> None:
        await self._transport.publish(str(ToLink(GATEWAY, process, self._name, self._slot)), payload)
