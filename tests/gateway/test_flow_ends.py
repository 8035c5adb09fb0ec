"""A flow that has begun ends when what was decided for it holds no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.policy.access import AccessPolicy, encode_policy
from overlay.policy.border import BorderPolicy, Crossing
from overlay.policy.export import ExportPolicy
from tests.dict_registry import eventually
from tests.links import Inbox, Pair, body_of, linked_pair

FROM_ALICE = BorderPolicy(deny=(Crossing(("alice@a.example",)),))


@asynccontextmanager
async def flowing() -> AsyncIterator[tuple[Pair, Inbox]]:
    """Several messages of alice have reached bob: both gateways have a flow for them."""
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        for number in range(3):
            await two.a.send("alice", "bob@b.example", b"%d" % number)
            assert body_of(await bob.next_realtime()) == b"%d" % number
        for side in (two.a, two.b):
            assert side.gateway.counters["flows-begun"] >= 1
        yield two, bob


async def refused(two: Pair, bob: Inbox) -> str:
    """Why the next message of alice does not reach bob."""
    await two.a.send("alice", "bob@b.example", b"late", sender_slot="s1")
    _, error = await two.a.complaints.get()
    assert bob.realtime.empty()
    return error.reason


async def test_when_the_border_closes_on_the_way_out() -> None:  # GW-17
    async with flowing() as (two, bob):
        two.a.registry.border_policy = FROM_ALICE
        await eventually(lambda: two.a.gateway._border.policy == FROM_ALICE)
        assert await refused(two, bob) == "not-permitted"


async def test_when_the_border_closes_on_the_way_in() -> None:  # GW-17
    async with flowing() as (two, bob):
        two.b.registry.border_policy = FROM_ALICE
        await eventually(lambda: two.b.gateway._border.policy == FROM_ALICE)
        assert await refused(two, bob) == "not-permitted"


async def test_when_the_receiver_lets_nobody_in_any_more() -> None:  # GW-17
    async with flowing() as (two, bob):
        closed = AccessPolicy()
        two.b.registry.access["bob@b.example"] = encode_policy(closed)
        two.b.registry.register("bob")

        def known() -> bool:
            attached = two.b.gateway._roster.get("bob")
            return attached is not None and attached.access == closed

        await eventually(known)
        assert await refused(two, bob) == "not-permitted"


async def test_when_the_receiver_is_there_no_more() -> None:  # GW-2
    async with flowing() as (two, bob):
        two.b.registry.deregister("bob")
        await eventually(lambda: not two.b.gateway._roster.knows("bob"))
        assert await refused(two, bob) == "not-found"


async def test_when_the_receiver_is_hidden_from_the_peer() -> None:  # REG-12
    async with flowing() as (two, bob):
        two.b.registry.export_policies["a.example"] = ExportPolicy(others="deny")
        attached = two.b.gateway._roster.get
        await eventually(lambda: two.b.gateway._exported.hides("a.example", attached("bob")))
        assert await refused(two, bob) == "not-found"


async def test_when_the_peering_ends() -> None:  # GW-6
    async with flowing() as (two, bob):
        two.a.registry.peer_list = []
        await eventually(lambda: "b.example" not in two.a.gateway.peers.links)
        assert await refused(two, bob) in {"no-route", "refused", "unreachable"}
