"""A peer's gateway that says in frames what no honest one would: ours goes on, and others are served."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest

from bridges.frames.frame import Ack, ChannelWish, Failure, Item, Processes, Reach
from bridges.links.line import Line
from bridges.multicast.forest import Forest
from bridges.quality.caps import Caps
from overlay.endpoint.failures import MAX_RETRY_S, retry_ms
from overlay.errors import Overloaded
from overlay.naming.subjects import Class, Priority
from overlay.quality.caps import Cap, CapsPolicy
from tests.dict_registry import LIMIT_S, eventually
from tests.links import Side, body_of, envelope, linked_pair
from tests.multicast.chain import chain, publish, reader

EVIL = "evil.example"


def line_to(side: Side, peer: Side) -> Line:
    line = side.gateway.peers.links[peer.name].line
    assert line is not None
    return line


def caps_of(policy: CapsPolicy) -> Caps:
    caps = Caps("a.example", lambda _: "", lambda _: 0.0)
    caps.use(policy, 1)
    return caps


def entered(caps: Caps, sender: str, to: str = "bob@a.example", peer: str = EVIL, now: float = 0.0) -> bool:
    try:
        caps.enter(envelope(sender, to)[0], 100, peer, now)
    except Overloaded:
        return False
    return True


@pytest.mark.parametrize(
    "wish",
    [ChannelWish("no channel", ("a.example",)), ChannelWish("case@b.example", ("no domain", "x" * 10_000))],
)
async def test_a_wish_for_what_is_no_channel_is_counted_and_nothing_ends(wish: ChannelWish) -> None:  # GW-9
    async with linked_pair() as two:
        line_to(two.a, two.b).post(wish)
        await eventually(lambda: two.b.gateway.counters["channel-wish-bad-name"] == 1)
        line_to(two.a, two.b).post(ChannelWish("case@b.example", ("a.example",)))
        await eventually(lambda: two.b.gateway.counters["channel-wish-of-no-member"] == 1)
        assert two.b.gateway.multicast.forest.news([("a.example", "s0")]) == []


def test_one_peer_does_not_use_up_the_channels_that_all_may_want() -> None:  # GW-9
    forest = Forest("a.example", lambda _: None, channels=10, domains=9, kept_s=1.0, steady=lambda: 0.0)
    heard = 0
    for number, slot in itertools.product(range(10), ("s0", "s1")):
        try:
            forest.hear((EVIL, slot), f"c{number}{slot}@b.example", (EVIL,))
        except Overloaded:
            continue
        heard += 1
    assert heard == 5
    forest.hear(("c.example", "s0"), "case@b.example", ("c.example",))
    forest.lost((EVIL, "s0"))
    forest.hear((EVIL, "s1"), "again@b.example", (EVIL,))


def test_wishes_for_very_many_domains_have_a_bound_together() -> None:  # GW-9
    forest = Forest("a.example", lambda _: None, channels=20, domains=99, kept_s=1.0, steady=lambda: 0.0)
    many = tuple(f"d{number}.example" for number in range(60))
    forest.hear((EVIL, "s0"), "one@b.example", many)
    with pytest.raises(Overloaded):
        forest.hear((EVIL, "s1"), "two@b.example", many)
    forest.hear((EVIL, "s0"), "one@b.example", ())
    forest.hear((EVIL, "s1"), "two@b.example", many)


def blame(retry_after_ms: int = 0) -> Failure:
    about = (0, bytes(16), "bob@b.example", "x@a.example", "overloaded", "s0")
    return Failure(*about, retry_after_ms=retry_after_ms)


async def test_a_time_to_wait_without_sense_holds_nobody_back_for_ever() -> None:  # GW-15
    async with linked_pair() as two:
        x = await two.a.agent("x")
        await two.b.send("bob", "x@a.example")
        await x.next_realtime()
        line_to(two.a, two.b).post(Ack(0, 0, (blame(2**64 - 1),)))
        async with asyncio.timeout(LIMIT_S):
            _, error = await two.b.complaints.get()
        assert isinstance(error, Overloaded)
        assert error.retry_after_s <= MAX_RETRY_S
        msgspec.msgpack.encode(retry_ms(error))


async def test_nobody_is_blamed_for_more_messages_than_went_there() -> None:  # GW-15
    async with linked_pair() as two:
        x = await two.a.agent("x")
        await two.b.send("bob", "x@a.example")
        await x.next_realtime()
        line_to(two.a, two.b).post(Ack(0, 0, tuple(blame() for _ in range(1000))))
        await eventually(lambda: two.b.gateway.counters["far-of-nothing"] == 999)
        assert two.b.complaints.qsize() == 1


async def test_a_peer_that_names_thousands_of_processes_is_not_dialled_thousands_of_times() -> None:  # GW-23
    async with linked_pair() as two:
        line_to(two.b, two.a).post(Processes(tuple(f"s{number}" for number in range(50_000))))
        link = two.a.gateway.peers.links["b.example"]
        await eventually(lambda: len(link.processes) > 1)
        assert len(link.processes) <= 16


async def test_announcements_cost_by_what_they_tell_not_by_items() -> None:  # GW-8
    async with linked_pair() as two:
        line = line_to(two.a, two.b)
        paths = tuple(("a.example", f"d{number}.x") for number in range(30_000))
        item: Item = Reach(paths, full=True)
        line.post(item)
        await eventually(lambda: two.b.gateway.counters["route-too-often"] > 0)
        assert len(two.b.gateway.peers.links) == 1
        assert "d1.x" not in two.b.gateway._routes.domains()


def test_what_is_said_in_the_name_of_a_service_of_a_peer_counts_for_the_peer() -> None:  # GW-22
    caps = caps_of(CapsPolicy(peer=Cap(messages_per_s=10)))
    assert 10 <= sum(entered(caps, f"gw@{EVIL}") for _ in range(1000)) <= 11


def test_made_up_senders_and_receivers_do_not_let_a_cap_begin_anew() -> None:  # GW-22
    caps = caps_of(CapsPolicy(peer=Cap(messages_per_s=10), agent=Cap(messages_per_s=10)))
    assert sum(entered(caps, f"a{number}@{EVIL}") for number in range(50_000)) <= 11
    left = 0
    for number in range(50_000):
        header = envelope("alice@a.example", f"n{number}@b.example")[0]
        try:
            caps.leave(header, 100, "b.example", 0.0)
        except Overloaded:
            continue
        left += 1
    assert left <= 11


def test_a_domain_gets_no_more_of_a_receiver_by_a_thousand_names() -> None:  # GW-22
    caps = caps_of(CapsPolicy(target=Cap(messages_per_s=100)))
    names = [f"n{number}@{EVIL}" for number in range(1000)]
    came = 0
    for tick in range(1000):
        now = tick / 100
        for name in names[tick % 100 :: 100]:
            entered(caps, name, now=now)
        if tick % 10 == 0:  # ten a second, well below half of what bob takes
            came += entered(caps, "dora@d.example", peer="d.example", now=now)
    assert came >= 90


async def test_what_is_published_in_channels_counts_at_the_caps() -> None:  # GW-9, GW-22
    async with chain() as net:
        theirs = await reader(net.b, "bob")
        net.members(net.a, net.b)
        await net.wanted(net.a, net.b)
        policy = CapsPolicy(agents={"alice@a.example": Cap(messages_per_s=0.01, burst_s=60)})
        net.a.registry.caps_policy = policy
        await eventually(lambda: net.a.gateway.caps.policy == policy)
        for body in (b"one", b"two"):
            await publish(net.a, "alice", body)
        await publish(net.a, "carol", b"three")
        assert [body_of(await theirs.next_realtime()) for _ in range(2)] == [b"one", b"three"]
        assert net.a.gateway.counters["cast-over-cap"] == 1


async def test_what_a_peer_publishes_in_channels_counts_at_its_caps() -> None:  # GW-9, GW-22
    async with chain() as net:
        ours = await reader(net.b, "bob")
        net.members(net.a, net.b)
        await net.wanted(net.a, net.b)
        policy = CapsPolicy(peers={"a.example": Cap(messages_per_s=1, burst_s=2)})
        net.b.registry.caps_policy = policy
        await eventually(lambda: net.b.gateway.caps.policy == policy)
        for number in range(4):
            await publish(net.a, "alice", b"%d" % number, cls=Class.RELIABLE)
        assert {body_of(await ours.next_stored()) for _ in range(4)} == {b"0", b"1", b"2", b"3"}
        assert net.b.gateway.counters["cast-overloaded"] > 0


def test_critical_messages_of_others_beyond_the_cap_go_on_as_normal_ones() -> None:  # GW-13
    caps = caps_of(CapsPolicy(stranger=Cap(critical_per_s=1)))
    header = envelope(f"alice@{EVIL}", "bob@c.example", priority=Priority.CRITICAL)[0]
    lanes = [caps.carry(header, 100, EVIL, 0.0) for _ in range(10)]
    assert lanes.count(Priority.CRITICAL) <= 2
    assert lanes[-1] is Priority.NORMAL
