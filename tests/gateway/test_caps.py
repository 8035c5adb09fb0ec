"""Caps at gateways: who sends too much hears so, what matters passes, and nothing stored is lost."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from bridges.quality.caps import Caps
from overlay.errors import Overloaded
from overlay.naming.subjects import Class, Priority
from overlay.policy.access import AccessPolicy, encode_policy
from overlay.policy.rule import Rule
from overlay.quality.caps import Cap, CapsPolicy
from tests.dict_registry import LIMIT_S, eventually
from tests.links import Side, body_of, envelope, linked_pair


async def capped(side: Side, policy: CapsPolicy) -> None:
    """Returns when its gateway goes by it."""
    side.registry.caps_policy = policy
    await eventually(lambda: side.gateway.caps.policy == policy)


async def complaint(side: Side) -> Overloaded:
    async with asyncio.timeout(LIMIT_S):
        _, error = await side.complaints.get()
    assert isinstance(error, Overloaded)
    return error


async def test_who_sends_more_than_its_cap_is_told_for_how_long_to_wait() -> None:  # GW-15
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        policy = CapsPolicy(agents={"alice@a.example": Cap(messages_per_s=0.01, burst_s=60)})
        await capped(two.a, policy)
        await two.a.send("alice", "bob@b.example", b"first")
        await two.a.send("alice", "bob@b.example", b"second")
        await two.a.send("carol", "bob@b.example", b"of another")
        refused = await complaint(two.a)
        assert refused.retry_after_s > 10
        assert "agent alice@a.example" in str(refused)
        assert [body_of(await bob.next_realtime()) for _ in range(2)] == [b"first", b"of another"]
        assert two.a.gateway.counters["realtime-over-cap"] == 1


async def test_a_stored_message_over_the_cap_waits_at_our_broker_and_is_not_lost() -> None:  # GW-15
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await capped(two.a, CapsPolicy(agent=Cap(messages_per_s=10, burst_s=0.1)))
        sent = [f"{number}".encode() for number in range(8)]
        for body in sent:
            await two.a.send("alice", "bob@b.example", body, cls=Class.RELIABLE)
        assert sorted([body_of(await bob.next_stored()) for _ in sent]) == sent
        assert two.a.gateway.counters["stored-over-cap"] > 0
        assert two.a.complaints.empty()


async def test_the_receiving_gateway_caps_what_comes_to_an_agent_and_says_so() -> None:  # GW-15
    async with linked_pair() as two:
        bob, carol = await two.b.agent("bob"), await two.b.agent("carol")
        cap = Cap(messages_per_s=0.01, burst_s=60)
        await capped(two.b, CapsPolicy(targets={"bob@b.example": cap}))
        for to, body in (("bob", b"first"), ("bob", b"second"), ("carol", b"third")):
            await two.a.send("alice", f"{to}@b.example", body, sender_slot="s0")
        assert (await complaint(two.a)).retry_after_s > 10
        assert body_of(await bob.next_realtime()) == b"first"
        assert body_of(await carol.next_realtime()) == b"third"
        assert bob.realtime.empty()


async def test_an_agent_says_itself_how_much_it_takes() -> None:  # GW-15
    async with linked_pair() as two:
        access = AccessPolicy(allow=(Rule(anyone=True),), takes_per_s=0.5)
        two.b.registry.access["bob@b.example"] = encode_policy(access)
        bob = await two.b.agent("bob")
        await eventually(lambda: two.b.gateway._roster.takes_of("bob") == 0.5)
        for body in (b"first", b"second"):
            await two.a.send("alice", "bob@b.example", body, sender_slot="s0")
        assert "did not take" in str(await complaint(two.a))
        assert body_of(await bob.next_realtime()) == b"first"


async def test_critical_messages_beyond_their_cap_go_as_normal_ones_or_not_at_all() -> None:  # GW-13
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await capped(two.a, CapsPolicy(agent=Cap(critical_per_s=0)))
        await two.a.send("alice", "bob@b.example", b"lowered", priority=Priority.CRITICAL)
        assert body_of(await bob.next_realtime()) == b"lowered"
        assert two.a.gateway.counters["critical-lowered"] == 1
        await capped(two.a, CapsPolicy(agent=Cap(critical_per_s=0), beyond="refuse"))
        await two.a.send("alice", "bob@b.example", b"refused", priority=Priority.CRITICAL)
        assert "critical" in str(await complaint(two.a))
        await two.a.send("alice", "bob@b.example", b"high", priority=Priority.HIGH)
        assert body_of(await bob.next_realtime()) == b"high"


async def test_a_cap_that_is_cleared_counts_no_more() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await capped(two.a, CapsPolicy(domain=Cap(messages_per_s=0.01, burst_s=60)))
        await two.a.send("alice", "bob@b.example", b"first")
        await two.a.send("alice", "bob@b.example", b"refused")
        await complaint(two.a)
        await capped(two.a, CapsPolicy())
        await two.a.send("alice", "bob@b.example", b"second")
        assert [body_of(await bob.next_realtime()) for _ in range(2)] == [b"first", b"second"]


async def test_on_a_congested_link_the_critical_passes_and_who_made_room_is_told(  # GW-13
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = {"link_pending_items": 30, "link_frame_items": 2, "link_credit_frames": 2}
    async with linked_pair(**few, link_silence_s=60.0) as two:
        bob = await two.b.agent("bob")
        arriving, go, publish = two.b.gateway._transport, asyncio.Event(), two.b.gateway._transport.publish

        async def congested(subject: str, payload: bytes) -> None:
            await go.wait()
            await publish(subject, payload)

        monkeypatch.setattr(arriving, "publish", congested)
        for number in range(40):
            await two.a.send("greedy", "bob@b.example", f"{number}".encode(), priority=Priority.BULK)
        refused = await complaint(two.a)  # it is full
        assert refused.retry_after_s == two.a.settings.link_retry_after_s
        await two.a.send("modest", "bob@b.example", b"modest", priority=Priority.BULK)
        await two.a.send("anna", "bob@b.example", b"critical", priority=Priority.CRITICAL)
        await eventually(lambda: two.a.gateway.counters["realtime-shed"] >= 2)
        go.set()
        read: list[bytes] = []
        while not {b"critical", b"modest"} <= set(read):
            read.append(body_of(await bob.next_realtime()))
        assert read.index(b"critical") <= 6  # frames of two were on their way
        assert read.index(b"modest") <= 20


# -- the tree, without gateways ---------------------------------------------------------------------------
def caps(policy: CapsPolicy, processes: int = 1, takes: float = 0.0) -> Caps:
    made = Caps("a.example", lambda name: "Acme" if name < "m" else "", lambda _: takes)
    made.use(policy, processes)
    return made


def passed(made: Caps, sender: str, *, tries: int = 1000, now: float = 0.0, size: int = 100) -> int:
    header, _ = envelope(f"{sender}@a.example", "bob@b.example")
    count = 0
    for _ in range(tries):
        try:
            made.leave(header, size, "b.example", now)
        except Overloaded:
            continue
        count += 1
    return count


@pytest.mark.parametrize(
    ("policy", "most"),
    [
        (CapsPolicy(domain=Cap(messages_per_s=100)), 100),
        (CapsPolicy(organisation=Cap(messages_per_s=70)), 70),
        (CapsPolicy(organisations={"Acme": Cap(messages_per_s=60)}), 60),
        (CapsPolicy(agent=Cap(messages_per_s=50)), 50),
        (CapsPolicy(agents={"alice@a.example": Cap(messages_per_s=40)}, agent=Cap(messages_per_s=90)), 40),
        (CapsPolicy(peers={"b.example": Cap(messages_per_s=30)}), 30),
        (CapsPolicy(targets={"bob@b.example": Cap(messages_per_s=20)}), 20),
        (CapsPolicy(domain=Cap(bytes_per_s=1000)), 10),
        (CapsPolicy(domain=Cap(messages_per_s=100), agent=Cap(messages_per_s=10)), 10),
        (CapsPolicy(), 1000),
    ],
)
def test_every_node_on_the_way_up_caps(policy: CapsPolicy, most: int) -> None:  # GW-22
    assert passed(caps(policy), "alice") == most


def test_agents_of_an_organisation_share_its_cap_and_leave_the_domain_the_rest() -> None:  # GW-22
    made = caps(CapsPolicy(domain=Cap(messages_per_s=100), organisation=Cap(messages_per_s=40)))
    shared = passed(made, "alice") + passed(made, "ben")
    assert shared == 40
    assert 0 < passed(made, "zoe") <= 60


def test_processes_of_a_gateway_share_a_cap() -> None:  # GW-23
    assert passed(caps(CapsPolicy(domain=Cap(messages_per_s=100)), processes=4), "alice") == 25


def test_what_the_gateway_itself_says_of_messages_is_not_held_up() -> None:
    assert passed(caps(CapsPolicy(agent=Cap(messages_per_s=1))), "gw", tries=10) == 10


def test_an_agent_that_floods_leaves_its_share_to_another_of_the_domain() -> None:  # GW-22
    made = caps(CapsPolicy(domain=Cap(messages_per_s=100)))
    modest = 0
    for tick in itertools.count():
        now = tick / 10
        passed(made, "alice", tries=50, now=now)
        modest += passed(made, "zoe", tries=3, now=now)  # 30 a second: less than half
        if now > 10:
            break
    assert modest >= 0.9 * 30 * 10
