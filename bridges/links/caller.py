"""Greets a peer's gateway over one transport, and makes a line of each session that comes of it."""

from __future__ import annotations

from collections import Counter

from bridges.links.greeting import Greeting
from bridges.links.handshake import DiallerHandshake, Established
from bridges.links.line import Line
from bridges.links.switchboard import Switchboard
from bridges.links.traffic import Traffic
from bridges.ports import Me
from overlay.clock import Clock
from overlay.errors import Refused
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import link_process
from overlay.naming.subjects import ToLink
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Transport


class Caller:
    """Over the transport to the peer's broker at `address`. First `start`."""

    def __init__(
        self,
        me: Me,
        traffic: Traffic,
        transport: Transport,
        address: str,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._me = me
        self._name = link_name(me().party.domain)
        self._traffic = traffic
        self._link = traffic.link
        self._transport = transport
        self._address = address
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._slot = ""
        self._switchboard = Switchboard(counters, self._answered)
        self._greetings: list[Greeting] = []

    async def start(self) -> None:
        """Raises OverlayError."""
        self._slot = await self._transport.claim_slot(self._name)
        await self._transport.read(link_process(self._name, self._slot), self._switchboard.delivered)

    async def call(self, process: str) -> Line:
        """A new line to this process of the peer, or to any (`HELLO`). `close` it in the end. Raises
        OverlayError.
        """
        limit = self._settings.link_rekey_frames * 2
        news = self._link.news()
        handshake = DiallerHandshake(self._me(), self._slot, self._link.trust, limit, news=news)
        greeting = Greeting(self._link.domain, process, handshake, self._clock)
        self._greetings.append(greeting)
        try:
            finish, established = await greeting.run(self._send_to, self._settings.link_handshake_s)
        finally:
            self._greetings.remove(greeting)
        line = self._line(established)
        self._switchboard.open(line)
        await self._send_to(established.process, finish)
        return line

    def close(self, line: Line) -> None:
        """It gets no frames any more."""
        self._switchboard.close(line)

    def _line(self, established: Established) -> Line:
        async def send(frame: bytes) -> None:
            await self._send_to(established.process, frame)

        settings, clock, counters = self._settings, self._clock, self._counters
        losses = self._link.losses[self._address]
        host, address = self._traffic, self._address
        return Line(established, send, host, settings, clock, counters, address=address, losses=losses)

    async def _answered(self, delivery: Delivery) -> None:
        if not any(greeting.answered(delivery) for greeting in self._greetings):
            raise Refused("nobody was greeted")

    async def _send_to(self, process: str, payload: bytes) -> None:
        await self._transport.publish(str(ToLink(GATEWAY, process, self._name, self._slot)), payload)
