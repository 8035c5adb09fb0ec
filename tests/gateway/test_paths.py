"""Several addresses of a peer: measured, chosen, left when they fail, and used again (GW-14)."""

from __future__ import annotations

from overlay.naming.subjects import Class
from tests.dict_registry import eventually
from tests.gateway.several import link_of, ways
from tests.gateway.test_processes import ROUND, all_arrived, send
from tests.links import pair

PATIENT = {"link_silence_s": 600.0, "link_heartbeat_s": 120.0, "link_hold_s": 600.0}


async def test_a_way_that_is_cut_is_left_for_the_other_and_nothing_is_lost() -> None:
    async with pair(**PATIENT) as two:
        both = list(ways(two, 2).values())
        await two.b.start()
        await two.a.start()
        await eventually(lambda: len(link_of(two.a.gateway, two.b.name).lines) == 2)
        bob = await two.b.agent("bob")
        await send(two, 0)
        await all_arrived(bob, ROUND)
        max(both, key=lambda way: way.carried).cut = True
        await send(two, 0)
        await all_arrived(bob, ROUND)
        assert two.a.gateway.counters["lines-left"] > 0


async def test_a_way_that_is_there_again_is_used_again() -> None:
    async with pair(link_silence_s=1.0) as two:
        first, _ = ways(two, 2).values()
        await two.b.start()
        await two.a.start()
        link = two.a.gateway.peers.links
        await eventually(lambda: len(link[two.b.name].lines) == 2)
        first.cut = True
        await eventually(lambda: len(link[two.b.name].lines) == 1)
        await eventually(
            lambda: "no gateway of b.example" in link[two.b.name].losses["memory://b0.example:1"].last
        )
        assert link[two.b.name].online
        first.cut = False
        await eventually(lambda: len(link[two.b.name].lines) == 2)


async def test_of_more_addresses_than_lines_those_are_used_that_work() -> None:
    async with pair(link_silence_s=1.0, link_handshake_s=0.5) as two:
        dead, *living = ways(two, 3).values()
        dead.cut = True
        await two.b.start()
        await two.a.start()
        await eventually(lambda: len(two.a.gateway.peers.links[two.b.name].lines) == 2)
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"there", cls=Class.RELIABLE)
        assert (await bob.next_stored()).payload
        assert all(way.carried for way in living)


async def test_idle_lines_are_measured_and_reported() -> None:
    async with pair() as two:
        ways(two, 2)
        await two.b.start()
        await two.a.start()
        link = two.a.gateway.peers.links
        await eventually(lambda: len(link[two.b.name].lines) == 2)
        await eventually(lambda: all(line.carrier.quality.rtt_s > 0 for line in link[two.b.name].lines))
        assert link[two.b.name].state.startswith("linked since")
