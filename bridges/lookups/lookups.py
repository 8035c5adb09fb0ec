"""Look-ups of far domains and agents, hop by hop: ours for our registry, and those that peers ask of us.

Each hop asks the next one in its own name, and hands on what that says as far as its own operator lets it:
roots that are pinned here are told instead of others' word, and an introduction of who may not introduce is
left out. A question goes where a message for that domain would go, and for whom a message would be carried.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from bridges.frames.frame import FarAnswer, FarQuestion
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.lookups.pending import Pending
from bridges.ports import RegistryPort
from bridges.routing.routes import NoRoute
from bridges.routing.transit import Transit
from overlay.errors import (
    BadEnvelope,
    BadInput,
    NotFound,
    OverlayError,
    Overloaded,
    Refused,
    TimedOut,
    Unavailable,
    Unreachable,
    Untrusted,
)
from overlay.naming.ids import check_domain, check_name
from overlay.registry.far.protocol import AskFar, FarFound, FarTold, LookUp, Vouch
from overlay.settings import Settings
from overlay.token_bucket import TokenBucket
from overlay.wire.malformed import MALFORMED

NextHop = Callable[[str, Transit], str]
"""The peer to which what is for a domain goes. Raises Refused, Unreachable."""
_HOP_MS = 50
"""So much less than its asker each hop waits: who is nearer to the end gives up first, and says so."""
_SHARE = 4
"""Of all look-ups under way, one peer may have this part; and this part is kept for our own."""


class Lookups:
    """Of one process of the gateway. Keep `run` running."""

    def __init__(
        self,
        domain: str,
        links: Mapping[str, Link],
        next_hop: NextHop,
        registry: RegistryPort,
        settings: Settings,
        counters: Counter[str],
    ) -> None:
        self._domain = domain
        self._links = links
        self._next_hop = next_hop
        self._registry = registry
        self._settings = settings
        self._counters = counters
        self._pending = Pending(settings.far_lookups)
        self._rates: dict[str, TokenBucket] = {}
        self._serving: Counter[str] = Counter()
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serve peers, until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            await asyncio.Event().wait()

    async def look_up(self, ask: LookUp) -> FarFound:
        """For our own registry. Raises NotFound, Refused, BadName, Unavailable."""
        check_domain(ask.domain)
        left_ms = int(self._settings.far_timeout_s * 1000) - _HOP_MS
        path = (self._domain,)
        return await self._ask(ask.domain, ask.name, left_ms, self._settings.gateway_hops, path)

    # -- from lines ---------------------------------------------------------------------------------------
    def question(self, peer: str, line: Line, item: FarQuestion) -> None:
        """A peer asks."""
        try:
            self._check(item, peer)
        except OverlayError as error:
            self._counters[f"far-refused-{error.reason}"] += 1
            line.post(FarAnswer(item.id[:16], b"", str(error)[:300], error.reason))
            return
        assert self._group is not None
        self._serving[peer] += 1
        self._group.create_task(self._serve(line, item, peer), name=f"a look-up for {peer}")

    def answer(self, peer: str, _: Line, item: FarAnswer) -> None:
        """A peer answers."""
        self._pending.answered(peer, item, self._counters)

    def _check(self, item: FarQuestion, peer: str) -> None:
        """Raises BadInput, Overloaded, Unavailable."""
        now = time.monotonic()
        rate = self._settings.far_lookups_per_s
        if not self._rates.setdefault(peer, TokenBucket(rate, rate * 2, now)).take(now):
            raise Overloaded(f"{peer} looks up more than it may (far_lookups_per_s)")
        share = max(1, self._settings.far_lookups // _SHARE)
        if self._group is None or self._serving[peer] >= share:
            raise Overloaded(f"{peer} has too many look-ups under way (far_lookups)")
        if self._serving.total() >= max(1, self._settings.far_lookups - share):
            raise Overloaded("peers have too many look-ups under way (far_lookups)")
        if item.path[-1:] != (peer,) or len(set(item.path)) != len(item.path) or self._domain in item.path:
            raise BadEnvelope("a look-up says a way that it cannot have come")
        if len(item.path) > self._settings.gateway_hops or len(item.id) != 16:
            raise BadEnvelope("a look-up came from too far, or without an ID")
        for domain in (item.domain, *item.path):
            check_domain(domain)
        if item.name:
            check_name(item.name)

    async def _serve(self, line: Line, item: FarQuestion, peer: str) -> None:
        try:
            async with asyncio.timeout(max(0.05, min(item.left_ms / 1000, self._settings.far_timeout_s))):
                told = await self._found_for(item, peer)
        except TimeoutError:
            answer = FarAnswer(item.id, b"", f"nobody told {self._domain} in time", TimedOut.reason)
        except OverlayError as error:
            answer = FarAnswer(item.id, b"", str(error)[:300], error.reason)
        else:
            answer = FarAnswer(item.id, msgspec.msgpack.encode(told))
        finally:
            self._serving[peer] -= 1
        self._counters["far-served" if answer.told else f"far-not-found-{_counted(answer.reason)}"] += 1
        if not line.over:
            line.post(answer)

    async def _found_for(self, item: FarQuestion, peer: str) -> FarTold:
        ask = AskFar(item.domain, item.name, peer, item.path)
        if item.domain == self._domain:
            return await self._registry.far_tell(ask)
        hops, path = item.hops - 1, (*item.path, self._domain)
        self._hop(item.domain, hops, path)  # nobody hears of domains that we would not carry to
        if not item.name:
            told = await self._registry.far_tell(ask)
            if told.bundle:
                return told
        found = await self._ask(item.domain, item.name, item.left_ms - _HOP_MS, hops, path)
        return await self._registry.far_vouch(Vouch(found.told, found.by))

    def _hop(self, domain: str, hops: int, path: tuple[str, ...]) -> str:
        """Who is asked hears only what the last one says, so that says who it is."""
        try:
            return self._next_hop(domain, Transit(hops, path, math.inf))
        except (NotFound, NoRoute) as error:
            raise NotFound(f"{self._domain} knows no way to {domain}") from error
        except Unreachable as error:
            raise Unreachable(f"{self._domain} knows no way to {domain} now") from error

    async def _ask(self, domain: str, name: str, left_ms: int, hops: int, path: tuple[str, ...]) -> FarFound:
        peer = self._hop(domain, hops, path)
        link = self._links.get(peer)
        line = link.line if link is not None else None
        if line is None or left_ms <= 0:
            raise Unreachable(f"{peer}, over which {domain} is reached, is not linked now")
        question, answer = self._pending.open(peer)
        try:
            line.post(FarQuestion(question, domain, name, left_ms, hops, path))
            async with asyncio.timeout(left_ms / 1000):
                return FarFound(_opened(await answer, domain, peer), peer)
        except TimeoutError as error:
            raise TimedOut(f"{peer} did not say in time what it knows of {domain}") from error
        finally:
            self._pending.close(question)


_ERRORS: dict[str, type[OverlayError]] = {
    kind.reason: kind
    for kind in (NotFound, Refused, Overloaded, TimedOut, Unreachable, Unavailable, BadInput, Untrusted)
}


def _counted(reason: str) -> str:
    return reason if reason in _ERRORS else "other"


def _opened(item: FarAnswer, domain: str, peer: str) -> FarTold:
    """Raises what the peer said; BadEnvelope."""
    if not item.told:
        said = "".join(char if char.isprintable() else "?" for char in item.refusal[:300])
        raise _ERRORS.get(item.reason, NotFound)(said or f"{peer} knows no way to {domain}")
    try:
        told = msgspec.msgpack.decode(item.told, type=FarTold)
    except MALFORMED as error:
        raise BadEnvelope(f"{peer} told something malformed of {domain}") from error
    if told.domain != domain or (told.chain and told.chain[-1] != peer):
        raise BadEnvelope(f"{peer} told of {told.domain} where {domain} was asked for, or for somebody else")
    return told
