"""What an operator hides from a peer is not there for it: not found, and not reached either (REG-11)."""

from __future__ import annotations

from overlay.naming.subjects import Class
from overlay.policy.export import ExportPolicy, Offer
from tests.dict_registry import eventually
from tests.links import body_of, linked_pair

HIDDEN = ExportPolicy(deny=(Offer(agents=("bob",)),))


async def test_a_message_to_a_hidden_agent_meets_nobody_and_answers_to_it_come_through() -> None:
    async with linked_pair() as two:
        two.b.registry.export_policies["a.example"] = HIDDEN
        bob = await two.b.agent("bob")
        await eventually(lambda: two.b.gateway._exported.hides("a.example", two.b.gateway._roster.get("bob")))
        for cls in (Class.REALTIME, Class.RELIABLE):
            said = []
            for name in ("bob", "nobody"):
                await two.a.send("alice", f"{name}@b.example", cls=cls, sender_slot="s1")
                told, error = await two.a.complaints.get()
                said.append((type(error), str(error).replace(name, "?"), told.to.replace(name, "?")))
            assert said[0] == said[1]
        assert bob.realtime.empty()
        assert bob.stored.empty()
        arrived = two.b.gateway.counters["in-realtime"]
        await two.a.send("alice", "bob@b.example", b"answered", slot="s1")
        await eventually(lambda: two.b.gateway.counters["in-realtime"] == arrived + 1)


async def test_a_policy_for_one_peer_hides_nothing_from_another() -> None:
    async with linked_pair() as two:
        two.b.registry.export_policies["c.example"] = HIDDEN
        bob = await two.b.agent("bob")
        await two.a.send("alice", "bob@b.example", b"one")
        assert body_of(await bob.next_realtime()) == b"one"
