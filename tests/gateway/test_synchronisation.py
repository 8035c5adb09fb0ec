"""What one registry knows of its agents reaches the other, and goes on doing so."""

from __future__ import annotations

import asyncio

import pytest

from bridges.frames.frame import Control, SyncRequest
from bridges.links.line import Line
from bridges.links.traffic import Traffic
from tests.links import Pair, linked_pair


async def knows(two: Pair, *parties: str) -> None:
    """B's registry has learned of exactly these agents of A."""
    registry = two.b.registry
    await registry.until(lambda: set(registry.learned.get(two.a.name, {})) == set(parties))


async def test_a_new_peer_learns_everything_and_then_every_change() -> None:  # GW-4, GW-1
    async with linked_pair() as two:
        two.a.registry.register("alice", "carol")
        await knows(two, "alice@a.example", "carol@a.example")
        two.a.registry.deregister("carol")
        two.a.registry.register("dora")
        await knows(two, "alice@a.example", "dora@a.example")


async def test_a_peer_that_was_away_learns_what_it_missed() -> None:  # GW-4
    async with linked_pair() as two:
        two.a.registry.register("alice")
        await knows(two, "alice@a.example")
        await two.b.stop()
        two.a.registry.register("dora")
        await two.b.start()
        await knows(two, "alice@a.example", "dora@a.example")


async def test_a_registry_with_another_log_is_learned_anew() -> None:  # REG-8
    async with linked_pair() as two:
        two.a.registry.register("alice")
        await knows(two, "alice@a.example")
        two.a.registry.restart()
        two.a.registry.register("dora")
        await knows(two, "alice@a.example", "dora@a.example")


async def test_a_registry_that_forgot_a_page_asks_for_it_again() -> None:
    async with linked_pair() as two:
        two.a.registry.register("alice")
        await knows(two, "alice@a.example")
        two.b.registry.learned.clear()
        two.b.registry._known.clear()
        two.a.registry.register("dora")
        await knows(two, "alice@a.example", "dora@a.example")
        assert two.b.gateway.counters["resync"] >= 1


async def test_a_question_that_comes_before_the_line_is_served_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # GW-4
    serve, control = Traffic.serve, Traffic.control
    asked = asyncio.Event()

    async def late(self: Traffic, line: Line) -> None:
        if self.link.domain == "a.example":  # b is greeted by a, and serves the line later than a asks
            await asked.wait()
        await serve(self, line)

    def noted(self: Traffic, line: Line, item: Control) -> None:
        control(self, line, item)
        if self.link.domain == "a.example" and isinstance(item, SyncRequest):
            asked.set()

    monkeypatch.setattr(Traffic, "serve", late)
    monkeypatch.setattr(Traffic, "control", noted)
    async with linked_pair() as two:
        two.b.registry.register("bob")
        await two.a.registry.until(lambda: "bob@b.example" in two.a.registry.learned.get(two.b.name, {}))
