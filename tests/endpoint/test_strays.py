"""What gateways say of messages that nobody waits for: once each, with the receiver's name (GW-15)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Overloaded, Unreachable
from overlay.naming.ids import GATEWAY, PartyId
from overlay.trust.identity import Role
from overlay.wire.envelope import Header, decode_envelope
from tests.endpoint.handlers import echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, peered, quick

BOB = PartyId.of("bob", "b.example")
AWAY = Unreachable("b.example is not linked")


def left(domain: MemoryDomain, start: str) -> list[Header]:
    """What went to other domains."""
    sent = [item for item in domain.broker.sent if item.subject.startswith(start) and ".out." in item.subject]
    return [decode_envelope(item.payload).header for item in sent]


async def told(gate: Endpoint, alice: Endpoint, headers: list[Header]) -> None:
    """Returns when alice was told that these could not leave."""
    before = alice.counters["unasked-error"]
    for header in headers:
        gate.report(header, AWAY)
    await until(lambda: alice.counters["unasked-error"] >= before + len(headers))


async def test_a_warning_names_the_receiver_and_the_message_and_comes_once(tmp_path: Path) -> None:
    settings = quick(probe_after_s=0.02, owner_lease_s=0.1)
    domain, there = MemoryDomain("a.example", settings), MemoryDomain("b.example", settings)
    there.party("bob")
    domain.peer_with(there)
    alice = domain.party("alice", state_path=tmp_path / "state.db")
    async with domain.open(domain.party(GATEWAY, Role.GATEWAY)) as gate:
        async with domain.open(alice) as first:
            plain = await first.send(BOB, b"plain")
            sent = await first.send(BOB, b"work", reliable=True)
            await until(lambda: first.counters["probes"] >= 2)
            for _ in range(2):
                await told(gate, first, left(domain, "ov.rt."))
            assert {where for where, _ in domain.errors} == {
                f"message {plain.id.hex()} to bob@b.example",
                f"message {sent.id.hex()} to bob@b.example is still on its way",
            }
            assert len(domain.errors) == 2
        domain.errors.clear()
        before = len(left(domain, "ov.rt."))
        async with domain.open(alice) as later:
            await until(lambda: len(left(domain, "ov.rt.")) >= before + 2)
            await told(gate, later, left(domain, "ov.rt.")[before : before + 2])
            assert [where for where, _ in domain.errors] == ["1 earlier message is still on its way"]


async def test_an_answer_over_a_cap_comes_later_and_is_not_lost() -> None:
    here, there = MemoryDomain("a.example", quick()), MemoryDomain("b.example", quick())
    alice, bob = here.party("alice"), there.party("bob")
    gateway = there.party(GATEWAY, Role.GATEWAY)
    async with (
        peered(here, there),
        there.open(gateway) as gate,
        here.open(alice) as asker,
        there.open(bob) as asked,
    ):
        await asked.serve(echo)
        here.broker.lose = lambda delivery: ".proc.alice." in delivery.subject
        asking = asyncio.create_task(asker.ask(bob.id, b"?"))
        await until(lambda: len(left(there, "ov.rt.")) >= 2)
        here.broker.lose = lambda delivery: False
        for header in left(there, "ov.rt."):
            gate.report(header, Overloaded("the cap is reached", 0.01))
        assert (await asking).body == b"?"
