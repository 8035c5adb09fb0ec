"""Two linked gateways move envelopes, and nothing that should not pass passes."""

from __future__ import annotations

from overlay.errors import NotFound
from overlay.naming.subjects import Class, Priority
from tests.dict_registry import eventually
from tests.links import Side, body_of, linked_pair, pair


async def counted(side: Side, reason: str, least: int = 1) -> None:
    await eventually(lambda: side.gateway.counters[reason] >= least)


async def test_realtime_messages_arrive_untouched_in_both_directions() -> None:  # GW-7, GW-11
    async with linked_pair() as two:
        alice, bob = await two.a.agent("alice"), await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"there")
        arrived = await bob.next_realtime()
        assert (arrived.subject, body_of(arrived)) == ("ov.rt.normal.agent.bob.gw", b"there")
        await two.b.send("bob", "alice@a.example", b"back")
        assert body_of(await alice.next_realtime()) == b"back"


async def test_reliable_messages_arrive_in_both_directions_and_leave_the_broker_once_acknowledged() -> None:
    async with linked_pair() as two:  # GW-24
        alice, bob = await two.a.agent("alice"), await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"there", cls=Class.RELIABLE, priority=Priority.HIGH)
        arrived = await bob.next_stored()
        assert (arrived.subject, body_of(arrived)) == ("ov.rel.high.agent.bob.gw", b"there")
        await two.b.send("bob", "alice@a.example", b"back", cls=Class.RELIABLE)
        assert body_of(await alice.next_stored()) == b"back"
        await counted(two.a, "out-acknowledged")


async def test_what_was_sent_while_there_was_no_link_arrives_when_there_is_one() -> None:  # GW-24
    async with pair() as two:
        bob = await two.b.agent("bob")
        await two.a.start()
        for number in range(20):
            await two.a.send("alice", "bob@b.example", b"%d" % number, cls=Class.RELIABLE)
        await counted(two.a, "stored-waits", 20)
        await two.b.start()
        got = {body_of(await bob.next_stored()) for _ in range(20)}
        assert got == {b"%d" % number for number in range(20)}


async def test_a_realtime_message_without_a_link_is_dropped_counted_and_complained_about() -> None:
    async with pair() as two:
        await two.a.start()
        await eventually(lambda: bool(two.a.gateway.peers.links))
        header = await two.a.send("alice", "bob@b.example")
        complaint, _ = await two.a.complaints.get()
        assert complaint == header
        assert two.a.gateway.counters["realtime-no-link"] == 1


async def test_an_agent_cannot_send_for_a_sender_of_another_domain() -> None:  # GW-17
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"forged", sender="carol@c.example")
        await counted(two.a, "departure-foreign-sender")
        await two.a.send("alice", "bob@b.example", b"honest")
        assert body_of(await bob.next_realtime()) == b"honest"


async def test_a_domain_that_is_no_peer_is_not_reached() -> None:
    async with linked_pair() as two:
        await two.a.send("alice", "bob@c.example", cls=Class.RELIABLE)
        _, error = await two.a.complaints.get()
        assert error.reason == "no-route"


async def test_a_message_to_an_unknown_agent_is_refused_and_reported() -> None:
    async with linked_pair() as two:
        header = await two.a.send("alice", "nobody@b.example", cls=Class.RELIABLE)
        complaint, error = await two.a.complaints.get()
        assert complaint == header
        assert isinstance(error, NotFound)
        assert two.b.gateway.counters["arrival-not-found"] == 1


async def test_a_peer_is_told_of_realtime_messages_that_were_refused() -> None:
    async with linked_pair() as two:
        await two.a.send("alice", "nobody@b.example")
        await counted(two.a, "far-not-found")


async def test_an_agent_that_registered_just_now_is_reached() -> None:  # GW-7: a miss asks the registry
    async with linked_pair(gateway_poll_s=30.0) as two:
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"welcome")
        assert body_of(await bob.next_realtime()) == b"welcome"


async def test_a_message_past_its_deadline_leaves_its_domain_no_more() -> None:
    async with linked_pair() as two:
        await two.a.send("alice", "bob@b.example", deadline_ms=1000, cls=Class.RELIABLE)
        await counted(two.a, "departure-expired")


async def test_the_same_message_twice_is_stored_once() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        first = await two.a.send("alice", "bob@b.example", b"one", cls=Class.RELIABLE)
        two.a.domain.broker._known_ids.clear()
        deadline_ms = first.deadline_ms
        await two.a.send(
            "alice", "bob@b.example", b"one", cls=Class.RELIABLE, id=first.id, deadline_ms=deadline_ms
        )
        await two.a.send("alice", "bob@b.example", b"two", cls=Class.RELIABLE)
        assert [body_of(await bob.next_stored()) for _ in range(2)] == [b"one", b"two"]


async def test_a_flood_is_bounded_and_what_is_dropped_is_counted() -> None:  # GW-15
    async with linked_pair(link_pending_items=200, link_frame_items=50, link_credit_frames=2) as two:
        bob = await two.b.agent("bob")
        for number in range(2000):
            await two.a.send("alice", "bob@b.example", b"%d" % number)
        counters = two.a.gateway.counters
        await eventually(lambda: counters["out-realtime"] + counters["realtime-over-credit"] == 2000)
        taken = counters["out-realtime"]
        for _ in range(taken):
            await bob.next_realtime()
        assert bob.realtime.empty()


async def test_a_flood_to_unknown_agents_does_not_hold_up_the_others() -> None:  # GW-15
    async with linked_pair(gateway_lookup_s=1.0, gateway_store_workers=2, link_window=1000) as two:
        bob = await two.b.agent("bob")
        for number in range(300):
            await two.a.send("alice", f"nobody{number}@b.example", cls=Class.RELIABLE)
        await two.a.send("alice", "bob@b.example", b"at last", cls=Class.RELIABLE)
        assert body_of(await bob.next_stored()) == b"at last"
        await counted(two.a, "refused-not-found", 300)
