"""Which gateways are on the way to another: asked hop by hop, for operators (GW-8).

A trace goes where a message would, and nowhere else. Each gateway that it reaches says its domain's name to
the one that sent it, who hands that back to its own asker; the last one says why it goes no further. Nothing
else is told of anybody.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bridges.frames.frame import Trace, TraceAnswer
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.reasons import counted
from bridges.routing.routes import Routes
from bridges.routing.transit import Transit, arrived, departing
from overlay.errors import BadInput, NotPermitted, OverlayError, Overloaded, TimedOut, Unreachable
from overlay.gateway.routes import RouteTraced, TraceHop
from overlay.naming.ids import PartyId, check_domain, is_domain
from overlay.settings import Settings
from overlay.token_bucket import TokenBucket
from overlay.trust.keys import new_id

Take = Callable[[TraceAnswer], None]
_SHARE = 4
"""Of all traces under way, one peer may have this part."""
_ID_BYTES = 16


@dataclass(slots=True)
class _Asked:
    """A trace that went on to `peer`, whose answers are for `take`, until that time at the latest."""

    asker: str
    peer: str
    take: Take
    until: float
    left: int
    """So many gateways may still answer."""
    answered: bool = False


class Tracing:
    """Of one process of the gateway. Nothing runs for a trace: what nobody answers is forgotten in time."""

    def __init__(
        self, routes: Routes, links: Mapping[str, Link], settings: Settings, counters: Counter[str]
    ) -> None:
        self._routes = routes
        self._links = links
        self._settings = settings
        self._counters = counters
        self._asked: dict[bytes, _Asked] = {}
        """In the order in which they are forgotten."""
        self._rates: dict[str, TokenBucket] = {}

    async def trace(self, target: str) -> RouteTraced:
        """For our operator: as far as it gets in `route_trace_s`. Raises BadName, BadInput, Overloaded."""
        domain = PartyId.parse(target).domain if "@" in target else check_domain(target)
        here = self._routes.domain
        if domain == here:
            raise BadInput(f"{domain} is our own domain: name another one")
        answers: asyncio.Queue[TraceAnswer] = asyncio.Queue()
        began = time.monotonic()
        try:
            question = self._ask(
                domain, departing(here, self._settings.gateway_hops, math.inf), "", answers.put_nowait
            )
        except Overloaded:
            raise
        except OverlayError as error:
            return RouteTraced(domain, (), False, here, counted(error.reason), str(error))
        hops: list[TraceHop] = []
        reason = TimedOut.reason
        try:
            async with asyncio.timeout(self._settings.route_trace_s):
                last = False
                while not last:
                    answer = await answers.get()
                    if not hops or hops[-1].domain != answer.domain:
                        hops.append(TraceHop(answer.domain, round((time.monotonic() - began) * 1000, 3)))
                    reason, last = answer.reason, answer.last
        except TimeoutError:
            reason = TimedOut.reason
        finally:
            self._asked.pop(question, None)
        return self._traced(domain, hops, reason)

    # -- from lines ---------------------------------------------------------------------------------------
    def question(self, peer: str, line: Line, item: Trace) -> None:
        """A peer asks, or passes on what it was asked."""
        answer = partial(self._answer, line, item.id[:_ID_BYTES])
        here = self._routes.domain
        try:
            transit = self._check(item, peer)
            if item.domain != here:
                answer(TraceAnswer(b"", here))
                self._ask(item.domain, transit, peer, answer)
        except OverlayError as error:
            self._counters[f"trace-{counted(error.reason)}"] += 1
            answer(TraceAnswer(b"", here, counted(error.reason), last=True))
        else:
            self._counters["traces"] += 1
            if item.domain == here:
                answer(TraceAnswer(b"", here, last=True))

    def answer(self, peer: str, _: Line, item: TraceAnswer) -> None:
        """A peer answers, or passes on what it was answered. The first answer is its own."""
        asked = self._asked.get(item.id)
        if asked is None or asked.peer != peer or asked.until < time.monotonic():
            self._counters["trace-answer-not-asked-for"] += 1
            return
        asked.left -= 1
        if not is_domain(item.domain) or asked.left < 0 or (not asked.answered and item.domain != peer):
            self._counters["trace-answer-malformed"] += 1
            return
        asked.answered = True
        if item.last:
            del self._asked[item.id]
        asked.take(TraceAnswer(b"", item.domain, item.reason and counted(item.reason), item.last))

    # -- within -------------------------------------------------------------------------------------------
    def _check(self, item: Trace, peer: str) -> Transit:
        """How it came. Raises Overloaded, BadInput, NotPermitted, Looped, TooFar."""
        now, rate = time.monotonic(), self._settings.route_traces_per_s
        if not self._rates.setdefault(peer, TokenBucket(rate, rate * 2, now)).take(now):
            raise Overloaded(f"{peer} traces more than it may (route_traces_per_s)")
        if len(item.id) != _ID_BYTES or item.path[-1:] != (peer,):
            raise BadInput("a trace without an ID, or of a way that it cannot have come")
        transit = arrived(
            self._routes.domain, min(item.hops, self._settings.gateway_hops), item.path, math.inf
        )
        for domain in (item.domain, *item.path):
            check_domain(domain)
        if not self._routes.may_bring(peer, item.path[0]):
            raise NotPermitted(f"{peer} does not lead to {item.path[0]}")
        return transit

    def _ask(self, domain: str, transit: Transit, asker: str, take: Take) -> bytes:
        """It goes on. Raises what `Routes.next_hop` raises, Unreachable, Overloaded."""
        peer = self._routes.next_hop(domain, transit)
        link = self._links.get(peer)
        line = link.line if link is not None else None
        if line is None:
            raise Unreachable(f"the link to {peer}, by which {domain} is reached, is down")
        now = time.monotonic()
        while self._asked and (oldest := next(iter(self._asked))) and self._asked[oldest].until < now:
            del self._asked[oldest]
        limit = self._settings.route_traces
        theirs = sum(asked.asker == asker for asked in self._asked.values())
        if len(self._asked) >= limit or (asker and theirs >= max(1, limit // _SHARE)):
            raise Overloaded(f"{len(self._asked)} traces are under way (route_traces): try again in a moment")
        question = new_id()
        until, left = now + self._settings.route_trace_s, 2 * self._settings.gateway_hops
        self._asked[question] = _Asked(asker, peer, take, until, left)
        line.post(Trace(question, domain, transit.hops, transit.path))
        return question

    def _answer(self, line: Line, question: bytes, answer: TraceAnswer) -> None:
        if line.over:
            self._counters["trace-answer-late"] += 1
        else:
            line.post(TraceAnswer(question, answer.domain, answer.reason, answer.last))

    def _traced(self, domain: str, hops: list[TraceHop], reason: str) -> RouteTraced:
        ended = hops[-1].domain if hops else self._routes.domain
        if not reason and ended == domain:
            return RouteTraced(domain, tuple(hops), True, ended, "", "")
        said = _WHY.get(reason, "{0} says: {2}").format(ended, domain, reason or "it is there, but is not")
        return RouteTraced(domain, tuple(hops), False, ended, reason or "other", said)


_WHY = {
    "no-route": "{0} knows no way to {1}",
    "not-permitted": "{0} does not carry this: its operator says for whom it does (overlay peer set, overlay "
    "route refuse)",
    "loop": "at {0} the way leads back to where it has been (overlay route add, at one of these domains)",
    "hop-limit": "{1} is further than a message may go (gateway_hops)",
    "unreachable": "{0} knows a way to {1}, but it is down now",
    "overloaded": "{0} answers no more of these now: try again in a moment",
    "timed-out": "no gateway after {0} answered in time",
}
"""By reason: where it ended, and where it was to go."""
