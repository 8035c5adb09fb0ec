"""Where a message goes on, whether of an agent of ours or brought by a peer, and what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Mapping, Sequence

import msgspec

from bridges.frames.cargo import Cargo, failed_header
from bridges.frames.frame import Failure
from bridges.links.link import Link
from bridges.links.passage import after_ms
from bridges.ports import Complain
from bridges.reasons import counted, error_of, is_for_later
from bridges.routing.exchange import Exchange
from bridges.routing.routes import NoRoute, Routes
from bridges.routing.transit import Transit
from overlay.backoff import doubled_s
from overlay.errors import BadInput, OverlayError, Overloaded, Refused, Unavailable, Unreachable
from overlay.naming.ids import PartyId
from overlay.registry.peers.relation import carries
from overlay.settings import Settings
from overlay.wire.envelope import Header

_COUNTED = {
    (True, True): "out-realtime",
    (True, False): "out-stored",
    (False, True): "passing-realtime",
    (False, False): "passing-stored",
}
"""By whether it is ours, and realtime."""
_BLAMABLE = 10_000
"""Realtime messages of which a peer has yet to say that they were dropped, at most."""


class Forwarding:
    """A realtime message is dropped and counted when its link has no room, and its sender is told. A stored
    one is kept by whoever gave it to us, our broker or the peer that brought it, until the next gateway has
    it: here nothing is stored, and nothing lost.
    """

    def __init__(
        self,
        routes: Routes,
        links: Mapping[str, Link],
        settings: Settings,
        counters: Counter[str],
        complain: Complain,
    ) -> None:
        self.exchanges: dict[str, Exchange] = {}
        """By which peers are told our ways."""
        self._routes = routes
        self._links = links
        self._settings = settings
        self._counters = counters
        self._complain = complain
        self._waiting: defaultdict[str, deque[Cargo]] = defaultdict(deque)
        self._blamable = Counter[str]()
        """By peer: realtime messages that went there, of which it may say what became of them."""

    def way(self, header: Header, transit: Transit) -> Link:
        """The decision: by which link it goes. Raises NoRoute, Looped, TooFar, NotPermitted, Unreachable."""
        hop = self._routes.next_hop(PartyId.parse(header.to).domain, transit)
        link = self._links.get(hop)
        if link is None:
            raise Unreachable(f"the link to {hop} is being made anew")
        return link

    async def pass_on(self, cargo: Cargo) -> None:
        """What a peer brought for another domain."""
        try:
            link = self.way(cargo.header, cargo.transit)
        except Refused as error:
            await self.give_up(cargo, error, f"passing-{error.reason}")
        except Unavailable as error:
            await self.not_now(cargo, error, "no-way")
        else:
            if link.domain in self.exchanges:
                self.exchanges[link.domain].assure(cargo.transit.path[0])
            await self.give(cargo, link)

    async def give(self, cargo: Cargo, link: Link) -> None:
        """To this link, or back."""
        waits = self.hand(cargo, link)
        if waits is not None:
            await waits

    def hand(self, cargo: Cargo, link: Link) -> Awaitable[None] | None:
        """`give`, for whoever has nothing to wait for where it goes at once."""
        line = link.line
        if cargo.stored is None and line is not None and line.crowded:
            return self._give_later(cargo, link)
        if not self._offered(cargo, link):
            return self._not_taken(cargo, link)
        return None

    async def _give_later(self, cargo: Cargo, link: Link) -> None:
        await asyncio.sleep(0)
        if not self._offered(cargo, link):
            await self._not_taken(cargo, link)

    def _offered(self, cargo: Cargo, link: Link) -> bool:
        if self._is_behind(cargo, link) or not link.offer(cargo):
            return False
        self._counters[_COUNTED[cargo.brought is None, cargo.stored is None]] += 1
        if cargo.stored is None and self._blamable[link.domain] < _BLAMABLE:
            self._blamable[link.domain] += 1
        return True

    async def _not_taken(self, cargo: Cargo, link: Link) -> None:
        if self._waits(cargo, link):
            self._counters["passing-waits"] += 1
        elif link.online:
            await self.not_now(cargo, self._full(link), "over-credit")
        else:
            error = Unreachable(f"{link.domain} is not linked: {link.state}")
            await self.not_now(cargo, error, "no-link")

    async def settled(self, link: Link, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """From a line: see `LineHost`."""
        for cargo in done:
            if cargo.stored is not None:
                self._counters["out-acknowledged"] += 1
                await cargo.stored.ack()
        for cargo, reason in failed:
            if cargo.stored is not None and self._later(cargo, reason):
                await self._again(cargo, "stored-sent-back")
            elif cargo.brought is not None:
                self._counters[f"refused-{counted(reason)}"] += 1
                cargo.brought.refuse(counted(reason))
            else:
                error = error_of(reason, cargo.header.to)
                await self.give_up(cargo, error, f"refused-{counted(reason)}")
        self._go_on(link)

    async def late(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """From a line: see `LineHost`."""
        for item in cargo:
            await self._again(item, "stored-unanswered")
        self._go_on(link)

    async def shed(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """From a line: see `LineHost`."""
        for item in cargo:
            await self.not_now(item, self._full(link), "shed")

    async def leftovers(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """A line is over, and this may not have arrived: into another line's frames, or back."""
        for item in cargo:
            if link.offer(item):
                self._counters["framed-again"] += 1
            else:
                await self.not_now(item, Unreachable(f"the link to {link.domain} was lost"), "line-lost")
        self._go_on(link)
        if not link.online:
            for item in self._waiting.pop(link.domain, ()):
                await self.pass_on(item)

    async def lost(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """Realtime messages in frames of a lost line: they may have arrived, and their senders hear so."""
        for item in cargo:
            error = Unreachable(f"the link to {link.domain} was lost with it: it may have arrived")
            await self.give_up(item, error, "realtime-line-lost")

    def refused(self, link: Link, failure: Failure) -> None:
        """A gateway further on dropped a realtime message: its sender need not wait for the deadline. It
        counts no more often than such messages went there.
        """
        if not self._blamable[link.domain]:
            self._counters["far-of-nothing"] += 1
            return
        self._blamable[link.domain] -= 1
        self._counters[f"far-{counted(failure.reason)}"] += 1
        if failure.back:
            self._hand_back(link, failure)
            return
        try:
            header = failed_header(failure, self._routes.domain)
        except BadInput:
            self._counters["far-malformed"] += 1
            return
        if header is not None:
            self._complain(header, error_of(failure.reason, failure.to, failure.retry_after_ms))

    async def give_up(self, cargo: Cargo, error: OverlayError, counter: str) -> None:
        """It goes nowhere: whoever gave it to us is told."""
        self._counters[counter] += 1
        if cargo.brought is not None:
            cargo.brought.refuse(error.reason, after_ms(error))
            return
        self._complain(cargo.header, error)
        if cargo.stored is not None:
            await cargo.stored.ack()

    async def not_now(self, cargo: Cargo, error: Unavailable, why: str) -> None:
        """It cannot go on at present: whoever keeps a stored one tries again, a realtime one is given up."""
        if cargo.stored is None:
            await self.give_up(cargo, error, f"realtime-{why}")
            return
        after_s = error.retry_after_s if isinstance(error, Overloaded) else 0.0
        await self._again(cargo, "stored-over-cap" if why == "over-cap" else "stored-waits", after_s)

    # -- within -------------------------------------------------------------------------------------------
    def _is_behind(self, cargo: Cargo, link: Link) -> bool:
        """Whether others that came before it wait for room."""
        if cargo.brought is None or cargo.stored is None or not self._waiting.get(link.domain):
            return False
        self._go_on(link)
        return bool(self._waiting[link.domain])

    def _waits(self, cargo: Cargo, link: Link) -> bool:
        """What a peer keeps waits here for room, which holds up that peer and no other: it does not get
        another window for it.
        """
        if cargo.brought is None or cargo.stored is None or not link.online:
            return False
        if len(self._waiting[link.domain]) >= self._settings.gateway_arrivals:
            return False
        self._waiting[link.domain].append(cargo)
        return True

    def _go_on(self, link: Link) -> None:
        """There may be room."""
        waiting = self._waiting.get(link.domain)
        if not waiting:
            return
        full: set[str] = set()
        for _ in range(len(waiting)):
            cargo = waiting.popleft()
            sender = cargo.header.sender
            if cargo.brought is not None and cargo.brought.over:
                self._counters["passing-taken-back"] += 1
            elif sender in full or not link.offer(cargo):
                full.add(sender)
                waiting.append(cargo)
            else:
                self._counters[_COUNTED[False, False]] += 1

    def _later(self, cargo: Cargo, reason: str) -> bool:
        """Whether the next hop may take it later: who lost the way to a domain may find it again."""
        if reason == NoRoute.reason:
            return self._routes.lost(PartyId.parse(cargo.header.to).domain)
        return is_for_later(reason)

    def _hand_back(self, link: Link, failure: Failure) -> None:
        """To the domain that the message came from: the way back gets shorter with each hop."""
        before = failure.back[-1]
        back = self._links.get(before)
        permitted = carries(self._routes.standing(before), self._routes.standing(link.domain))
        if back is None or back.line is None or not permitted:
            self._counters["far-not-handed-back"] += 1
        else:
            back.line.refuse(msgspec.structs.replace(failure, back=failure.back[:-1]))

    def _full(self, link: Link) -> Overloaded:
        return Overloaded(f"the link to {link.domain} is full", self._settings.link_retry_after_s)

    async def _again(self, cargo: Cargo, counter: str, after_s: float = 0.0) -> None:
        if cargo.stored is None:
            return
        self._counters[counter] += 1
        settings = self._settings
        pause_s = doubled_s(settings.gateway_again_s, settings.gateway_again_max_s, cargo.stored.attempt)
        await cargo.stored.again(max(after_s, pause_s))
