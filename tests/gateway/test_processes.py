"""Several processes of one gateway: all share the work, and any may come, leave or die."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from overlay.naming.subjects import Class
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess
from tests.dict_registry import eventually
from tests.gateway.several import Process, another, link_of, reached
from tests.links import Inbox, Pair, body_of, linked_pair

ROUND = 60
STREAMS = 12


async def send(two: Pair, first: int, cls: Class = Class.RELIABLE) -> None:
    for number in range(first, first + ROUND):
        sender = f"alice{number % STREAMS}"
        await two.a.send(sender, "bob@b.example", b"%d" % number, cls=cls)


async def all_arrived(bob: Inbox, count: int, first: int = 0) -> None:
    """Each at least once at the broker of the receiver."""
    missing = {b"%d" % number for number in range(first, count)}
    while missing:
        missing.discard(body_of(await bob.next_stored()))


async def until_both_carry(two: Pair, second: Process, bob: Inbox) -> None:
    """Both processes of `b` have stored messages from `a`."""
    await eventually(lambda: len(reached(two.a.gateway, two.b.name)) == 2)
    first, count = two.b.gateway.counters, 0
    while not (first["in-stored"] and second.gateway.counters["in-stored"]):
        await send(two, count)
        count += ROUND
        await all_arrived(bob, count, count - ROUND)


async def test_who_dials_keeps_a_line_to_every_process_of_the_peer_and_uses_all() -> None:  # GW-23
    async with linked_pair() as two, another(two.b) as second:
        await until_both_carry(two, second, await two.b.agent("bob"))


async def test_each_process_of_who_dials_takes_work_once_it_has_lines() -> None:  # GW-23
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await eventually(lambda: all(one.linked for one in two.a.registry.gateways.values()))
        async with another(two.a) as second:
            assert link_of(second.gateway, two.b.name).online
            first, count = two.a.gateway.counters, 0
            while not (first["out-stored"] and second.gateway.counters["out-stored"]):
                await send(two, count)
                count += ROUND
                await all_arrived(bob, count, count - ROUND)


async def test_a_process_that_falls_silent_is_left_long_before_it_counts_as_dead() -> None:  # GW-14, GW-24
    async with linked_pair(link_silence_s=600.0, link_heartbeat_s=120.0, link_hold_s=600.0) as two:
        bob = await two.b.agent("bob")
        async with another(two.b) as second:
            await until_both_carry(two, second, bob)
            second.fall_silent()
            await send(two, 0)
            await all_arrived(bob, ROUND)
            assert two.a.gateway.counters["lines-left"] > 0
            assert "without an answer" in link_of(two.a.gateway, two.b.name).state


async def test_a_process_that_leaves_loses_nothing_not_even_realtime_messages() -> None:  # GW-23
    async with linked_pair(drain_timeout_s=20.0) as two:
        bob = await two.b.agent("bob")
        sent = 0
        stop = asyncio.Event()

        async def talk() -> None:
            nonlocal sent
            while not stop.is_set():
                await send(two, sent, Class.REALTIME)
                sent += ROUND
                await asyncio.sleep(0.01)

        async with another(two.a), another(two.b):
            await eventually(lambda: len(reached(two.a.gateway, two.b.name)) == 2)
            talking = asyncio.create_task(talk())
            await eventually(lambda: sent > ROUND)
        await eventually(lambda: len(reached(two.a.gateway, two.b.name)) == 1)
        stop.set()
        await talking
        got = {body_of(await bob.next_realtime()) for _ in range(sent)}
        assert got == {b"%d" % number for number in range(sent)}
        assert not two.a.gateway.counters["not-parted-in-time"]


async def test_a_peer_is_online_until_the_last_process_has_lost_it() -> None:  # GW-5
    async with linked_pair() as two:
        async with another(two.a):
            await eventually(lambda: len(two.a.registry.gateways) == 2)
            await eventually(lambda: all(one.linked for one in two.a.registry.gateways.values()))
            await two.a.stop()
            assert two.a.registry.online[two.b.name]
        await two.b.registry.until(lambda: not two.b.registry.online[two.a.name])


async def test_one_process_learns_what_a_peer_says_and_another_goes_on_when_it_leaves() -> None:  # GW-4
    async with linked_pair() as two, another(two.b) as second:
        two.a.registry.register("alice")
        await two.b.registry.until(lambda: "alice@a.example" in two.b.registry.learned.get(two.a.name, {}))
        assert not second.gateway.counters["summary-learned"]
        await two.b.stop()
        two.a.registry.register("ann")
        await two.b.registry.until(lambda: "ann@a.example" in two.b.registry.learned[two.a.name])
        assert second.gateway.counters["summary-learned"] > 0


async def test_a_process_ends_in_order_though_its_registry_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # GW-6
    async def silent(_: GatewayAlive) -> Sequence[GatewayProcess]:
        await asyncio.Event().wait()
        return ()

    async with linked_pair(gateway_leave_s=0.1, link_silence_s=600.0) as two:
        monkeypatch.setattr(two.a.registry, "gateway_alive", silent)
        await two.a.stop()
        await two.b.registry.until(lambda: not two.b.registry.online[two.a.name])
        assert "the peer's process ends" in link_of(two.b.gateway, two.a.name).state
