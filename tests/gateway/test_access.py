"""Who has access through a gateway (GW-1), and who is let over the border (GW-17)."""

from __future__ import annotations

import msgspec

from overlay.errors import NotPermitted
from overlay.naming.subjects import Class
from overlay.policy.access import AccessPolicy, allowing, encode_policy
from overlay.policy.border import BorderPolicy, Crossing
from overlay.policy.rule import Rule
from tests.dict_registry import eventually
from tests.links import Side, body_of, linked_pair


def _access(side: Side, name: str) -> AccessPolicy | None:
    attached = side.gateway._roster.get(name)
    return attached.access if attached else None


async def test_a_stranger_is_refused_at_the_border_and_told_so() -> None:
    async with linked_pair() as two:
        two.b.registry.access["bob@b.example"] = encode_policy(AccessPolicy())
        bob = await two.b.agent("bob")
        for cls in (Class.REALTIME, Class.RELIABLE):
            header = await two.a.send("alice", "bob@b.example", cls=cls, sender_slot="s1")
            told, error = await two.a.complaints.get()
            assert (told.id, told.sender, told.sender_slot) == (header.id, "alice@a.example", "s1")
            assert isinstance(error, NotPermitted)
        assert two.b.gateway.counters["arrival-not-permitted"] == 2
        assert bob.realtime.empty()
        assert bob.stored.empty()


async def test_who_is_allowed_passes_and_answers_pass_by_any_policy() -> None:
    async with linked_pair() as two:
        two.b.registry.access["bob@b.example"] = encode_policy(
            AccessPolicy(allow=(allowing(("alice@a.example",), skill="text.echo"),))
        )
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"asked")
        assert body_of(await bob.next_realtime()) == b"asked"
        await two.a.send("eve", "bob@b.example", b"asked", sender_slot="s1")
        await two.a.complaints.get()
        arrived = two.b.gateway.counters["in-realtime"]
        await two.a.send("eve", "bob@b.example", b"answered", slot="s1")
        await eventually(lambda: two.b.gateway.counters["in-realtime"] == arrived + 1)


async def test_a_new_policy_of_an_agent_counts_at_the_border() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"one")
        assert body_of(await bob.next_realtime()) == b"one"
        two.b.registry.access["bob@b.example"] = encode_policy(AccessPolicy())
        two.b.registry.register("bob")
        await eventually(lambda: _access(two.b, "bob") == AccessPolicy())
        await two.a.send("alice", "bob@b.example", b"two", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert isinstance(error, NotPermitted)


async def test_what_a_gateway_cannot_know_is_left_to_the_receiver() -> None:
    async with linked_pair() as two:
        acme = AccessPolicy(allow=(Rule(("a.example",), organisation="Acme"),))
        two.b.registry.access["bob@b.example"] = encode_policy(acme)
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"of whom?")
        assert body_of(await bob.next_realtime()) == b"of whom?"


async def test_a_certificate_on_the_way_that_does_not_fit_is_refused_at_the_border() -> None:
    async with linked_pair() as two:
        acme = AccessPolicy(allow=(Rule(("a.example",), organisation="Acme"),))
        two.b.registry.access["bob@b.example"] = encode_policy(acme)
        bob = await two.b.agent("bob")
        two.a.domain.party("alice")
        card = two.a.domain.directory.cards[two.a.domain.credentials("alice").party]
        await two.a.send("alice", "bob@b.example", card=card, wrap=b"wrapped", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert isinstance(error, NotPermitted)
        assert bob.realtime.empty()


async def test_the_operators_border_holds_before_any_agent_is_asked() -> None:
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"before")
        assert body_of(await bob.next_realtime()) == b"before"
        deny = (Crossing(("eve@a.example",)),)
        two.b.registry.border_policy = BorderPolicy(deny=deny)
        two.a.registry.border_policy = BorderPolicy(
            allow=(Crossing(("alice@a.example",)),), departures="deny"
        )
        await eventually(lambda: two.b.gateway._border.policy.deny == deny)
        await eventually(lambda: two.a.gateway._border.policy.departures == "deny")
        await two.a.send("carol", "bob@b.example", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert "border policy of a.example" in str(error)
        await two.a.send("carol", "bob@b.example", b"answer", slot="s1")  # to what bob could ask
        two.a.registry.border_policy = BorderPolicy()
        await eventually(lambda: two.a.gateway._border.policy == BorderPolicy())
        await two.a.send("eve", "bob@b.example", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert "border" not in str(error)
        await two.a.send("alice", "bob@b.example", b"after")
        assert body_of(await bob.next_realtime()) == b"after"


async def test_an_agent_whose_record_is_not_proved_has_no_access_and_is_not_advertised() -> None:  # GW-1
    async with linked_pair() as two:
        two.b.registry.unproved["eve@b.example"] = "alice@b.example"
        two.b.registry.register("eve", "bob")
        await two.a.registry.until(lambda: "bob@b.example" in two.a.registry.learned.get("b.example", {}))
        assert "eve@b.example" not in two.a.registry.learned["b.example"]
        await two.a.send("alice", "eve@b.example", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert error.reason == "not-found"
        assert two.b.gateway.counters["access-refused-bad-certificate"] == 1
        await two.b.registry.until(lambda: two.b.registry.attached_told[-1:] == [(1, 1)])


async def test_a_revoked_certificate_loses_its_access_at_once() -> None:  # GW-1, CA-8
    async with linked_pair() as two:
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"one")
        assert body_of(await bob.next_realtime()) == b"one"
        two.b.registry.revoked.add(("b.example", 0xA))
        await eventually(lambda: two.b.gateway.counters["access-refused-revoked"] == 1)
        two.b.registry.unproved["bob@b.example"] = "nobody@b.example"
        await two.a.send("alice", "bob@b.example", b"two", sender_slot="s1")
        _, error = await two.a.complaints.get()
        assert error.reason == "not-found"


async def test_policies_are_not_told_to_peers() -> None:
    async with linked_pair() as two:
        secret = AccessPolicy(allow=(allowing(("alice@a.example",)),))
        two.b.registry.access["bob@b.example"] = encode_policy(secret)
        two.b.registry.register("bob")
        await two.a.registry.until(lambda: "bob@b.example" in two.a.registry.learned.get("b.example", {}))
        assert b"alice" not in msgspec.msgpack.encode(two.a.registry.learned["b.example"])
