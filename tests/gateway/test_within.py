"""Messages between agents of one domain that pass its gateway."""

from __future__ import annotations

from overlay.errors import NotFound, NotPermitted
from overlay.naming.subjects import Class
from overlay.policy.border import BorderPolicy, Crossing
from tests.dict_registry import eventually
from tests.links import body_of, linked_pair

NAME = "a.example"


async def test_the_gateway_delivers_inside_what_is_sent_to_it() -> None:  # GW-11
    async with linked_pair() as made:
        bob = await made.a.agent("bob")
        made.a.registry.register("alice")
        await eventually(lambda: made.a.gateway.counters["access-granted"] > 1)
        await made.a.send("alice", f"bob@{NAME}", b"now")
        delivery = await bob.next_realtime()
        assert (delivery.subject, body_of(delivery)) == ("ov.rt.normal.agent.bob.gw", b"now")
        await made.a.send("alice", f"bob@{NAME}", b"stored", cls=Class.RELIABLE)
        assert body_of(await bob.next_stored()) == b"stored"
        counters = made.a.gateway.counters
        assert (counters["inside-realtime"], counters["inside-stored"]) == (1, 1)


async def test_what_the_operator_denies_does_not_pass_inside_either() -> None:  # GW-11
    """But the rest of the border policy is about what crosses the border."""
    async with linked_pair() as made:
        bob = await made.a.agent("bob")
        policy = BorderPolicy(deny=(Crossing(origins=(f"eve@{NAME}",)),), arrivals="deny", departures="deny")
        made.a.registry.border_policy = policy
        await eventually(
            lambda: made.a.gateway._border.policy == policy and made.a.gateway._roster.knows("bob")
        )
        await made.a.send("eve", f"bob@{NAME}")
        header, error = await made.a.complaints.get()
        assert (header.sender, type(error)) == (f"eve@{NAME}", NotPermitted)
        await made.a.send("alice", f"bob@{NAME}", b"fine")
        assert body_of(await bob.next_realtime()) == b"fine"


async def test_who_sends_to_nobody_inside_is_told() -> None:  # GW-11
    async with linked_pair() as made:
        await made.a.send("alice", f"nobody@{NAME}")
        _, error = await made.a.complaints.get()
        assert isinstance(error, NotFound)
