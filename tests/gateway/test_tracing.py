"""Which gateways are on the way to another: each answers, or it is known where it ended and why (GW-8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridges.frames.frame import Trace, TraceAnswer
from overlay.errors import BadInput, BadName
from overlay.gateway.routes import RouteTraced
from overlay.registry.peers.relation import Relation
from overlay.registry.peers.routes import ConfiguredRoutes
from tests.dict_registry import eventually
from tests.web import Web, chain, web


async def trace(some: Web, target: str) -> RouteTraced:
    """From a."""
    return await some["a"].gateway.tracing.trace(target)


def came(traced: RouteTraced) -> str:
    """The hops, and where it ended."""
    hops = "".join(hop.domain.partition(".")[0] for hop in traced.hops)
    return hops if traced.reached else f"{hops} {traced.ended.partition('.')[0]}:{traced.reason}"


@asynccontextmanager
async def by_hand(**changes: object) -> AsyncIterator[Web]:
    """a – b – c – d, where operators say where what is for d goes, whatever gateways tell each other."""
    async with web("abcd", **changes) as four:
        for here, there in ("ab", "bc", "cd"):
            four.link(here, there, transit=True)
        four.via("a", d="b")
        four.via("b", d="c")
        await four.start()
        yield four


async def test_each_gateway_on_the_way_to_a_gateway_answers() -> None:  # GW-8
    async with chain("abcd") as four:
        traced = await trace(four, "gw@d.example")
        assert came(traced) == "bcd"
        delays = [hop.after_ms for hop in traced.hops]
        assert delays == sorted(delays)
        assert came(await trace(four, "b.example")) == "b"
        for wrong, error in (("no domain", BadName), ("gw@a.example", BadInput)):
            with pytest.raises(error):
                await trace(four, wrong)


async def test_a_link_that_is_down_is_named_by_the_gateway_before_it() -> None:
    async with by_hand() as four:
        four.cut("c", "d")
        assert came(await trace(four, "gw@d.example")) == "bc c:unreachable"
        four.cut("a", "b")
        assert came(await trace(four, "gw@d.example")) == " a:unreachable"


async def test_a_gateway_that_says_nothing_more_is_where_it_ends() -> None:
    async with chain("abc", route_trace_s=3.0, link_silence_s=60.0) as three:
        three["c"].domain.broker.lose = lambda _: True  # the link is not known to be dead yet
        traced = await trace(three, "gw@c.example")
        assert came(traced) == "b b:timed-out"
        assert "after b.example" in traced.why


async def test_next_hops_in_a_circle_are_reported_where_they_close_it() -> None:  # GW-8
    async with web("abc") as three:
        for here, there in ("ab", "bc", "ca"):
            three.link(here, there, transit=True)
        for here, there in ("ab", "bc", "ca"):
            three.via(here, z=there)
        await three.start()
        assert came(await trace(three, "gw@z.example")) == "bc c:loop"


async def test_a_domain_that_carries_for_nobody_says_so() -> None:
    async with web("abc") as three:
        three.link("a", "b")
        three.link("b", "c")
        three.via("a", c="b")
        await three.start()
        assert came(await trace(three, "gw@c.example")) == "b b:not-permitted"


async def test_a_domain_that_refuses_another_says_no_more_than_that() -> None:
    async with chain("abc") as three:
        three.via("a", c="b")
        three["b"].registry.configured_routes = ConfiguredRoutes(refused=("c.example",))
        await three.knows("a", "b")
        traced = await trace(three, "gw@c.example")
        assert came(traced) == "b b:not-permitted"
        assert "route refuse" in traced.why


async def test_nobody_knows_the_way_here_or_there() -> None:
    async with web("ab", route_settle_s=0.0) as two:
        two.link("a", "b", Relation.PARENT)
        await two.start()
        assert came(await trace(two, "gw@far.example")) == "b b:no-route"
        traced = await two["b"].gateway.tracing.trace("gw@far.example")
        assert came(traced) == " b:no-route"


async def test_it_goes_no_further_than_a_message() -> None:
    async with by_hand(gateway_hops=2) as four:
        assert came(await trace(four, "gw@d.example")) == "bc c:hop-limit"


async def test_what_a_peer_traces_in_its_own_name_only_and_not_too_often() -> None:
    async with chain("ab", route_traces_per_s=1.0) as two:
        counters = two["a"].gateway.counters
        line = two["b"].gateway.peers.links["a.example"].lines[0]
        for item in (
            Trace(bytes(16), "z.example", 8, ("x.example",)),
            Trace(bytes(16), "z.example", 8, ("x.example", "b.example")),
        ):
            line.post(item)
        await eventually(lambda: counters["trace-bad-input"] == counters["trace-not-permitted"] == 1)
        for _ in range(50):
            line.post(Trace(bytes(16), "a.example", 8, ("b.example",)))
        await eventually(lambda: counters["trace-overloaded"] > 0)


async def test_answers_to_what_was_not_asked_are_counted_and_dropped() -> None:
    async with chain("ab") as two:
        counters = two["a"].gateway.counters
        line = two["b"].gateway.peers.links["a.example"].lines[0]
        line.post(TraceAnswer(bytes(16), "b.example", last=True))
        await eventually(lambda: counters["trace-answer-not-asked-for"] == 1)
        assert came(await trace(two, "b.example")) == "b"
