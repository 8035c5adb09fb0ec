"""A second connection before the first is broken: nothing is lost, nothing comes twice (CA-5)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message, Sent
from overlay.endpoint.party import Party
from overlay.errors import BadCertificate, Overloaded, Unreachable
from overlay.naming.mailboxes import SLOTS
from overlay.transport import memory
from overlay.transport.contract import OnError
from overlay.transport.memory import MemoryTransport
from overlay.trust.credentials import Credentials
from tests.endpoint.handlers import Gate, Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick

LIMIT_S = 30.0


def domain_of() -> MemoryDomain:
    return MemoryDomain(settings=quick(renew_linger_s=0.0, probe_after_s=0.05, ask_timeout_s=LIMIT_S))


def fresh(endpoint: Endpoint, domain: MemoryDomain) -> Credentials:
    """New certificate, new keys; what was sealed to the old ones still opens."""
    new = domain.credentials(endpoint.me.name)
    return replace(new, sealing=(*new.sealing, *endpoint.party.credentials.sealing))


async def renewed(endpoint: Endpoint, domain: MemoryDomain) -> None:
    """Renew, and wait until the first connection is gone."""
    await endpoint.renew(fresh(endpoint, domain))
    async with asyncio.timeout(LIMIT_S):
        await endpoint.alone()


class Tally:
    """Counts what it handled, by body; answers with it."""

    def __init__(self) -> None:
        self.handled: Counter[bytes] = Counter()

    async def __call__(self, message: Message) -> bytes:
        self.handled[message.body] += 1
        await asyncio.sleep(0)
        return message.body


async def test_nothing_is_lost_and_nothing_comes_twice_while_both_sides_renew() -> None:  # CA-5
    domain, tally, over = domain_of(), Tally(), asyncio.Event()
    receipts: list[Sent] = []

    async def repeat(word: str, once: Callable[[bytes], Awaitable[None]]) -> int:
        number = 0
        while not over.is_set():
            await once(f"{word} {number}".encode())
            number += 1
            await asyncio.sleep(0)
        return number

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(tally)

        async def ask(body: bytes) -> None:
            assert (await alice.ask(bob.me, body)).body == body

        async def send(body: bytes) -> None:
            await alice.send(bob.me, body)

        async def store(body: bytes) -> None:
            receipts.append(await alice.send(bob.me, body, reliable=True))

        tasks = [asyncio.create_task(repeat(once.__name__, once)) for once in (ask, send, store)]
        for who in (bob, alice, bob, alice):
            before = who.identity.serial, who.slot
            await renewed(who, domain)
            assert who.identity.serial != before[0]
            assert who.slot != before[1]
        over.set()
        counts = await asyncio.gather(*tasks)
        async with asyncio.timeout(LIMIT_S):
            for sent in receipts:
                await sent.receipt()
        await until(lambda: tally.handled.total() >= sum(counts))
        assert set(tally.handled.values()) == {1}
        assert tally.handled.total() == sum(counts)
        assert not bob.counters["duplicate"] + bob.counters["replayed"]
    assert domain.errors == []


async def test_an_answer_comes_that_was_asked_for_over_the_first_connection() -> None:
    domain, gate = domain_of(), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        asking = asyncio.create_task(alice.ask(bob.me, b"?"))
        await gate.entered.wait()
        await alice.renew(fresh(alice, domain))
        leaving = asyncio.create_task(alice.alone())
        gate.open.set()
        assert (await asking).body == b"?"
        async with asyncio.timeout(LIMIT_S):
            await leaving


async def test_where_each_channel_takes_another_connection_none_waits_for_answers_over_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "FEATURES", replace(memory.FEATURES, fixed_reading=True))
    settings = quick(renew_linger_s=0.0, ask_timeout_s=LIMIT_S, renew_leaving=2)
    domain, gate = MemoryDomain(settings=settings), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        asking = asyncio.create_task(alice.ask(bob.me, b"?"))
        await gate.entered.wait()
        async with asyncio.timeout(LIMIT_S):
            await alice.renew(fresh(alice, domain))
        second = alice.slot
        third = asyncio.create_task(renewed(alice, domain))
        await until(lambda: alice.slot != second)
        assert not asking.done()
        gate.open.set()
        assert (await asking).body == b"?"
        await third


async def test_a_stored_message_is_settled_over_the_connection_it_came_by() -> None:
    domain, gate = domain_of(), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        sent = await alice.send(bob.me, b"slow", reliable=True)
        await gate.entered.wait()
        await bob.renew(fresh(bob, domain))
        gate.open.set()
        async with asyncio.timeout(LIMIT_S):
            await sent.receipt()
            await bob.alone()
        assert (gate.handled, bob.counters["duplicate"], bob.counters["duplicate-running"]) == (1, 0, 0)


async def test_without_a_second_connection_the_first_goes_on() -> None:
    domain = domain_of()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        before = bob.identity.serial, bob.slot, bob.transport
        others = [await domain.connect(bob.party, fail) for _ in SLOTS[1:]]
        for other in others:
            await other.claim_slot("bob")
        with pytest.raises(Overloaded, match="slots of bob are taken"):
            await bob.renew(fresh(bob, domain))
        assert (bob.identity.serial, bob.slot, bob.transport) == before
        assert (await alice.ask(bob.me, b"?")).body == b"?"
        await asyncio.gather(*(other.close() for other in others))
        await renewed(bob, domain)
        assert (await alice.ask(bob.me, b"?")).body == b"?"


async def test_a_renewal_that_is_cancelled_changes_nothing_and_leaves_no_connection() -> None:
    domain, dialled, hang = domain_of(), asyncio.Event(), False

    async def connect(party: Party, on_error: OnError) -> MemoryTransport:
        transport = await domain.connect(party, on_error)
        if hang:
            await transport.claim_slot(party.id.name)
            dialled.set()
            try:
                await asyncio.Event().wait()
            finally:
                await transport.close()
        return transport

    async with Endpoint.open(domain.party("bob"), directory=domain.directory, connect=connect) as bob:
        await bob.serve(echo)
        before = bob.identity.serial, bob.slot
        hang = True
        renewing = asyncio.create_task(bob.renew(fresh(bob, domain)))
        await dialled.wait()
        renewing.cancel()
        await asyncio.wait([renewing])
        hang = False
        assert (bob.identity.serial, bob.slot) == before
        async with domain.open("alice") as alice:
            assert (await alice.ask(bob.me, b"?")).body == b"?"
        await renewed(bob, domain)
    assert not domain.broker._connections


async def test_closing_does_not_wait_for_a_connection_that_is_leaving() -> None:
    domain = MemoryDomain(settings=quick(drain_timeout_s=0.01, renew_overlap_s=3600.0))
    gate = Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        await alice.send(bob.me, b"never ends", reliable=True)
        await gate.entered.wait()
        await bob.renew(fresh(bob, domain))
    assert not domain.broker._connections


async def test_a_second_connection_that_comes_after_the_end_is_closed() -> None:
    domain, dialled, late = domain_of(), asyncio.Event(), asyncio.Event()

    async def connect(party: Party, on_error: OnError) -> MemoryTransport:
        if party.credentials.identity.serial != first:
            dialled.set()
            await late.wait()
        return await domain.connect(party, on_error)

    party = domain.party("bob")
    first = party.credentials.identity.serial
    async with Endpoint.open(party, directory=domain.directory, connect=connect) as bob:
        renewing = asyncio.create_task(bob.renew(fresh(bob, domain)))
        await dialled.wait()
    late.set()
    with pytest.raises(Unreachable, match="was closed"):
        await renewing
    assert not domain.broker._connections


async def test_an_endpoint_is_not_closed_because_its_first_connection_is() -> None:
    domain = domain_of()
    async with domain.open("bob") as bob:
        closed = asyncio.create_task(bob.closed())
        await renewed(bob, domain)
        await renewed(bob, domain)
        assert not closed.done()
    await closed


async def test_what_is_read_after_a_renewal_is_read_over_the_new_connection() -> None:
    domain, inbox = domain_of(), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await renewed(bob, domain)
        await bob.serve(inbox)
        await alice.send(bob.me, b"hello")
        assert (await inbox.next()).body == b"hello"


async def test_nobody_renews_with_credentials_of_another() -> None:
    domain = domain_of()
    async with domain.open("bob") as bob:
        with pytest.raises(BadCertificate, match="not of bob@"):
            await bob.renew(domain.credentials("alice"))


async def test_a_broker_that_is_away_refuses_the_second_connection() -> None:
    domain = domain_of()
    async with domain.open("bob") as bob:
        serial = bob.identity.serial
        domain.broker.stop()
        with pytest.raises(Unreachable):
            await bob.renew(fresh(bob, domain))
        domain.broker.start()
        assert bob.identity.serial == serial
        await renewed(bob, domain)


def fail(where: str, error: Exception) -> None:
    raise AssertionError(where) from error
