"""A peer that is away or slow stands in nobody's way, and gets everything later (design §4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridges.links.peer import Peer
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import Mailbox, departures, mailboxes_of_link
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.transport.address import BrokerAddress
from overlay.transport.memory_mailbox import MemoryMailbox
from tests.dict_registry import LIMIT_S, eventually
from tests.links import Pair, Side, body_of, pair

AWAY = 100


@asynccontextmanager
async def with_a_third(**changes: object) -> AsyncIterator[tuple[Pair, Side]]:
    """`a` and `b` are linked; `c` is a peer of `a`, and not started."""
    async with pair(stored_in_flight=8, link_window=4, **changes) as two:
        third = Side("c.example", two.a.settings)
        third.domain.broker.ensure(mailboxes_of_link(link_name("a.example")))
        two.a.domain.broker.ensure(mailboxes_of_link(link_name("c.example")))
        address = BrokerAddress.parse("memory://c.example")
        two.a.registry.peer_list.append(Peer("c.example", third.domain.bundle, GATEWAY, (address,)))
        third.registry.peer_list = [Peer("a.example", two.a.domain.bundle, GATEWAY)]
        dials = {"b.example": Pair._dial(two.a, two.b), "c.example": Pair._dial(two.a, third)}
        two.a.dial = lambda peer: dials[peer.domain](peer)
        third.dial = Pair._dial(third, two.a)
        try:
            await two.b.start()
            await two.a.start()
            await two.linked()
            yield two, third
        finally:
            await third.close()


async def send(side: Side, to: str, count: int) -> None:
    for number in range(count):
        await side.send("alice", to, b"%d" % number, cls=Class.RELIABLE)


def stored(side: Side, mailbox: Mailbox) -> MemoryMailbox:
    return side.domain.broker.mailbox(mailbox.name)


async def test_what_is_for_a_peer_that_is_away_does_not_block_the_others_and_arrives_later() -> None:
    async with with_a_third() as (two, third):
        bob, carol = await two.b.agent("bob"), await third.agent("carol")
        await send(two.a, "carol@c.example", AWAY)  # far more than are in flight
        await send(two.a, "bob@b.example", 1)
        assert body_of(await bob.next_stored()) == b"0"
        await eventually(lambda: two.a.gateway.counters["parked"] >= AWAY)
        assert len(stored(two.a, departures(GATEWAY, Priority.NORMAL))) == 0
        await third.start()
        got = {body_of(await carol.next_stored()) for _ in range(AWAY)}
        assert got == {b"%d" % number for number in range(AWAY)}


async def test_what_waits_for_a_peer_that_is_away_is_not_tried_again_and_again() -> None:
    async with with_a_third() as (two, _):
        await send(two.a, "carol@c.example", AWAY)
        counters = two.a.gateway.counters
        await eventually(lambda: counters["parked"] >= AWAY)
        await two.a.registry.polled(10)  # the lot is read no more, what its reader had in hand is back
        tried = counters["stored-waits"]
        await two.a.registry.polled(10)
        assert counters["stored-waits"] == tried


async def test_more_than_may_wait_is_refused_and_its_sender_is_told() -> None:
    async with with_a_third(gateway_parked=10) as (two, _):
        await send(two.a, "carol@c.example", 15)
        async with asyncio.timeout(LIMIT_S):
            reasons = {(await two.a.complaints.get())[1].reason for _ in range(5)}
        assert reasons == {"overloaded"}
        assert two.a.gateway.counters["parked"] == 10


async def test_a_link_that_is_full_is_waited_for_without_giving_anything_back() -> None:
    async with with_a_third(gateway_room_s=30.0) as (two, _):
        bob = await two.b.agent("bob")
        await send(two.a, "bob@b.example", AWAY)
        got = [body_of(await bob.next_stored()) for _ in range(AWAY)]
        assert sorted(map(int, got)) == list(range(AWAY))
        assert two.a.gateway.counters["held-for-room"] > 0
        assert two.a.gateway.counters["parked"] == 0


async def test_what_was_parked_before_a_restart_of_the_gateway_leaves_after_it() -> None:
    async with with_a_third() as (two, third):
        carol = await third.agent("carol")
        await send(two.a, "carol@c.example", 20)
        await eventually(lambda: two.a.gateway.counters["parked"] >= 20)
        await two.a.stop()
        await third.start()
        await two.a.start()
        assert len({body_of(await carol.next_stored()) for _ in range(20)}) == 20


async def test_what_is_no_envelope_is_dropped_where_others_are_parked_too() -> None:
    async with with_a_third() as (two, _):
        counters = two.a.gateway.counters
        await send(two.a, "carol@c.example", 1)
        await eventually(lambda: counters["parked"] == 1)
        await two.a.registry.polled(10)  # the lot is read no more
        await send(two.a, "carol@c.example", 1)
        await eventually(lambda: counters["parked"] == 2)
        subject = str(ToDomain(Class.RELIABLE, Priority.NORMAL, "c.example", "carol", "alice"))
        two.a.domain.broker.store(subject, b"no envelope", "no-envelope", 3600.0)
        await eventually(lambda: counters["departure-bad-envelope"] == 1)
        assert not two.a.errors
