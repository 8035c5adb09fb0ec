"""Receives other domains' gateways at our broker: one line for each of their processes that proved itself."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from bridges.links.handshake import AcceptorHandshake, refusal
from bridges.links.handshake_messages import FINISH, Finish, decode
from bridges.links.handshake_messages import HELLO as MARK
from bridges.links.neighbour import Neighbour
from bridges.links.switchboard import Switchboard
from bridges.ports import Me
from overlay.clock import Clock
from overlay.errors import BadEnvelope, OverlayError, Overloaded, Refused, Unavailable
from overlay.naming.ids import GATEWAY
from overlay.naming.mailboxes import link_hellos, link_process
from overlay.naming.subjects import HELLO, ToLink, parse_subject
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Reader, Transport


@dataclass(frozen=True, slots=True)
class _Pending:
    handshake: AcceptorHandshake
    neighbour: Neighbour
    back: str
    since: float
    hello: bytes


class Acceptor:
    """`neighbours`: our peers by the name of their link here."""

    def __init__(
        self,
        me: Me,
        transport: Transport,
        neighbours: Mapping[str, Neighbour],
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._me = me
        self._transport = transport
        self._neighbours = neighbours
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._slot = ""
        self._pending: OrderedDict[bytes, _Pending] = OrderedDict()
        self._switchboard = Switchboard(counters, self._part)

    @property
    def slot(self) -> str:
        """Of our process at our broker, once it has started."""
        return self._slot

    async def start(self) -> tuple[Reader, Reader]:
        """Read from now on: (what is for our process, greetings of whichever process is free)."""
        self._slot = await self._transport.claim_slot(GATEWAY)
        process = await self._transport.read(link_process(GATEWAY, self._slot), self._switchboard.delivered)
        return process, await self._transport.read(link_hellos(GATEWAY), self._hello)

    async def _part(self, delivery: Delivery) -> None:
        """Of a handshake: a greeting may be for our process in particular."""
        if delivery.payload[:1] == MARK:
            await self._hello(delivery)
        else:
            await self._finish(delivery)

    async def _hello(self, delivery: Delivery) -> None:
        try:
            subject = _from_link(delivery)
            neighbour = self._greeter(subject)
            if delivery.payload[:1] != MARK:  # NATS itself, made to answer there: it is not held against them
                raise BadEnvelope("this is no greeting")
            back = str(ToLink(subject.sender, subject.sender_process, GATEWAY, self._slot))
        except OverlayError as error:
            self._counters[f"hello-{error.reason}"] += 1
            return
        try:
            answer = self._greet(neighbour, subject, back, delivery.payload)
        except OverlayError as error:
            self._counters[f"hello-{error.reason}"] += 1
            neighbour.link.failed("", f"a greeting was refused: {error}", refused=True)
            answer = refusal(delivery.payload, error)
        await self._transport.publish(back, answer)

    def _greeter(self, subject: ToLink) -> Neighbour:
        neighbour = self._neighbours.get(subject.sender)
        if subject.process not in (HELLO, self._slot) or neighbour is None:
            raise Refused(f"{subject.sender} is not peered with {self._me().party.domain}")
        return neighbour

    def _greet(self, neighbour: Neighbour, subject: ToLink, back: str, hello: bytes) -> bytes:
        link = neighbour.link
        now = time.monotonic()
        again = next((item for item in self._pending.values() if item.hello == hello), None)
        if again is not None:  # we are slow, and the peer asked again: that costs us nothing
            return again.handshake.welcome
        if link.leaving:
            raise Unavailable("this process of the gateway ends: greet another")
        if not link.hellos.take(now):
            raise Overloaded(f"{link.domain} greets too often (link_hellos_per_s)")
        trust, limit = link.trust, self._settings.link_rekey_frames * 2
        now_s, news = self._clock(), link.news()
        handshake = AcceptorHandshake(self._me(), self._slot, trust, hello, now_s, limit, news=news)
        if handshake.process != subject.sender_process:
            raise Refused("the hello is of another process than the one that published it")
        self._forget_old(neighbour, now)
        self._pending[handshake.tag] = _Pending(handshake, neighbour, back, now, hello)
        return handshake.welcome

    def _forget_old(self, neighbour: Neighbour, now: float) -> None:
        limit_s = self._settings.link_handshake_s
        for tag in [tag for tag, item in self._pending.items() if now - item.since > limit_s]:
            del self._pending[tag]
        same = [tag for tag, item in self._pending.items() if item.neighbour is neighbour]
        if len(same) >= self._settings.link_handshakes:
            del self._pending[same[0]]

    async def _finish(self, delivery: Delivery) -> None:
        pending = self._pending.get(decode(FINISH, delivery.payload, Finish).tag)
        subject = _from_link(delivery)
        if pending is None or self._neighbours.get(subject.sender) is not pending.neighbour:
            raise Refused("this finish ends no handshake that is going on")
        established = pending.handshake.finished(delivery.payload)
        if established.process != subject.sender_process:
            raise Refused("the finish is of another process than the hello")
        del self._pending[pending.handshake.tag]
        pending.neighbour.adopt(established, pending.back, self._transport, self._switchboard)


def _from_link(delivery: Delivery) -> ToLink:
    subject = parse_subject(delivery.subject)
    if not isinstance(subject, ToLink):
        raise BadEnvelope(f"{delivery.subject} is no subject of a link")
    return subject
