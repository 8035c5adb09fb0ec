"""Gateways that die, stop, leave or fall silent: nothing reliable is lost, and everybody knows."""

from __future__ import annotations

import asyncio

from bridges.links.peer import Peer
from overlay.errors import Unreachable
from overlay.naming.ids import GATEWAY
from overlay.naming.subjects import Class
from overlay.trust.identity import Role
from tests.dict_registry import LIMIT_S, eventually
from tests.links import Inbox, Pair, body_of, linked_pair, pair
from tests.memory_domain import MemoryDomain

ROUND = 60


async def send(two: Pair, first: int) -> None:
    for number in range(first, first + ROUND):
        await two.a.send("alice", "bob@b.example", b"%d" % number, cls=Class.RELIABLE)


async def all_arrived(bob: Inbox, count: int) -> None:
    """Each at least once at the broker of the receiver."""
    missing = {b"%d" % number for number in range(count)}
    while missing:
        missing.discard(body_of(await bob.next_stored()))


async def test_the_sending_gateway_killed_in_the_middle_loses_nothing() -> None:
    async with linked_pair(stored_in_flight=32) as two:
        bob = await two.b.agent("bob")
        await send(two, 0)
        await eventually(lambda: two.b.gateway.counters["in-stored"] > 0)
        await two.a.kill(two.a.domain, two.b.domain)
        await send(two, ROUND)
        await two.a.start()
        await send(two, 2 * ROUND)
        await all_arrived(bob, 3 * ROUND)


async def test_the_receiving_gateway_killed_in_the_middle_loses_nothing() -> None:
    async with linked_pair(link_silence_s=1.0) as two:
        bob = await two.b.agent("bob")
        await send(two, 0)
        await two.b.kill(two.a.domain, two.b.domain)
        await send(two, ROUND)
        await two.b.start()
        await send(two, 2 * ROUND)
        await all_arrived(bob, 3 * ROUND)


async def test_a_gateway_that_does_not_know_its_peers_yet_refuses_nothing() -> None:  # GW-24
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await two.a.kill(two.a.domain, two.b.domain)
        await send(two, 0)
        two.a.registry.failures = 2
        await two.a.start()
        await all_arrived(bob, ROUND)
        assert not two.a.gateway.counters["departure-no-route"]


async def test_an_outage_of_the_brokers_in_the_middle_loses_nothing() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await send(two, 0)
        for side in (two.b, two.a):
            side.domain.broker.disconnect_all()
        await send(two, ROUND)
        await all_arrived(bob, 2 * ROUND)


async def test_a_frame_that_is_lost_ends_the_session_and_what_was_in_it_goes_into_new_frames() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await send(two, 0)
        await all_arrived(bob, ROUND)
        lost: list[str] = []

        def lose_one(delivery: object) -> bool:
            lost.append("")
            return len(lost) == 1

        two.b.domain.broker.lose = lose_one
        await send(two, 0)
        await all_arrived(bob, ROUND)
        await eventually(lambda: two.a.gateway.counters["gap"] + two.b.gateway.counters["gap"] > 0)


async def test_a_silent_peer_is_offline_until_it_returns() -> None:  # GW-5
    async with linked_pair(link_silence_s=1.0) as two:
        await two.b.kill(two.a.domain, two.b.domain)
        await two.a.registry.until(lambda: not two.a.registry.online[two.b.name])
        await two.b.start()
        await two.a.registry.until(lambda: two.a.registry.online[two.b.name])


async def test_a_gateway_that_stops_says_so_and_is_offline_at_once() -> None:  # GW-6
    async with linked_pair(link_silence_s=60.0) as two:
        await two.b.stop()
        await two.a.registry.until(lambda: not two.a.registry.online[two.b.name])
        assert "the peer's process ends" in two.a.gateway.peers.links[two.b.name].state


async def test_a_peer_that_leaves_takes_its_agents_along() -> None:  # GW-6
    async with linked_pair() as two:
        two.a.registry.register("alice")
        await two.b.registry.until(lambda: bool(two.b.registry.learned.get(two.a.name)))
        two.a.registry.peer_list = []
        await two.b.registry.until(lambda: not two.b.registry.learned[two.a.name])


async def test_both_may_dial_and_either_line_is_enough() -> None:  # GW-14
    async with pair() as two:
        two.peer(two.b, two.a, dials=True)
        await two.a.start()
        await two.b.start()
        await eventually(lambda: len(two.a.gateway.peers.links[two.b.name].lines) == 2)
        bob = await two.b.agent("bob")
        two.a.gateway.peers.links[two.b.name].lines[0].end("cut by the test")
        await two.a.send("alice", "bob@b.example", b"on the other", cls=Class.RELIABLE)
        assert body_of(await bob.next_stored()) == b"on the other"


async def test_keys_that_are_used_up_are_replaced_without_losing_realtime_messages() -> None:
    async with linked_pair(link_rekey_frames=100, link_hellos_per_s=1000.0) as two:
        bob = await two.b.agent("bob")
        for number in range(300):
            await two.a.send("alice", "bob@b.example", b"%d" % number)
            assert body_of(await bob.next_realtime()) == b"%d" % number
        assert two.a.gateway.counters["rekeyed"] >= 1


async def test_a_peer_whose_certificate_was_revoked_is_shut_out() -> None:  # CA-8
    async with linked_pair() as two:
        serial = two.a.me.certificate.serial_number
        two.b.registry.revoked.add((two.a.name, serial))
        await two.b.registry.until(lambda: not two.b.registry.online[two.a.name])
        await eventually(lambda: two.b.gateway.counters["hello-bad-certificate"] > 0)
        assert two.b.gateway.counters["revoked-peer"] == 1


async def test_news_of_a_revoked_peer_ends_its_lines_before_the_next_look() -> None:  # CA-8
    async with linked_pair(gateway_poll_s=300.0) as two:
        two.b.registry.revoked.add((two.a.name, two.a.me.certificate.serial_number))
        two.b.gateway.alarm()
        await eventually(lambda: two.b.gateway.counters["revoked-peer"] == 1)


async def test_a_refused_dialler_says_why_and_goes_on_dialling() -> None:  # GW-3
    async with pair() as two:
        two.b.registry.peer_list = [Peer(two.a.name, two.a.domain.bundle, "gw2")]
        await two.b.start()
        await two.a.start()
        await eventually(lambda: "refuses" in two.a.gateway.peers.links[two.b.name].state)
        two.peer(two.b, two.a, dials=False)
        await two.linked()


async def test_a_stranger_who_speaks_a_peers_name_is_not_let_in() -> None:  # GW-17
    async with pair() as two:
        two.a.me = MemoryDomain(two.a.name).credentials(GATEWAY, Role.GATEWAY)
        await two.b.start()
        await two.a.start()
        await eventually(lambda: two.b.gateway.counters["hello-bad-certificate"] > 0)
        assert not two.b.gateway.peers.links[two.a.name].online


async def test_a_registry_that_restarted_is_told_again_which_peers_are_there() -> None:  # GW-5
    async with linked_pair() as two:
        two.a.registry.online.clear()
        await two.a.registry.until(lambda: two.a.registry.online.get(two.b.name, False))


async def test_who_asked_over_a_line_that_was_lost_is_told_so() -> None:  # GW-24
    async with linked_pair(link_silence_s=1.5) as two:
        await two.b.agent("bob")
        await two.b.kill(two.a.domain, two.b.domain)
        await two.a.send("alice", "bob@b.example", b"?", sender_slot="s1")
        async with asyncio.timeout(LIMIT_S):
            header, error = await two.a.complaints.get()
        assert header.sender_slot == "s1"
        assert isinstance(error, Unreachable)
        assert "may have arrived" in str(error)
        assert two.a.gateway.counters["realtime-line-lost"] == 1


async def test_a_peer_that_was_killed_is_greeted_anew_before_its_silence_counts() -> None:  # GW-14, GW-24
    async with linked_pair(link_silence_s=600.0, link_hold_s=600.0) as two:
        bob = await two.b.agent("bob")
        await two.b.kill(two.a.domain, two.b.domain)
        await send(two, 0)
        await two.b.start()
        await all_arrived(bob, ROUND)
        assert two.a.gateway.counters["begun-anew"] > 0


async def test_a_peer_that_was_only_slow_to_answer_loses_nothing_by_another_session() -> None:  # GW-14
    async with linked_pair(link_silence_s=600.0, link_hold_s=600.0) as two:
        bob = await two.b.agent("bob")
        link = two.a.gateway.peers.links[two.b.name]
        first = link.lines[0]
        first.doubt()
        await send(two, 0)
        await all_arrived(bob, ROUND)
        await eventually(lambda: link.line not in (None, first) and len(link.lines) == 1)
        assert link.online
