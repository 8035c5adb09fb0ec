"""Reliable messages of one sender are handed over in the order of their sending (design §4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Overloaded
from overlay.naming.ids import PartyId
from overlay.naming.mailboxes import agent_inbox
from overlay.transport.memory_mailbox import Entry
from tests.endpoint.handlers import Gate, Inbox
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


async def send(sender: Endpoint, receiver: Endpoint, *bodies: bytes) -> None:
    for body in bodies:
        await sender.send(receiver.me, body, reliable=True)


@asynccontextmanager
async def shuffled(domain: MemoryDomain, name: str) -> AsyncIterator[list[Entry]]:
    """What is stored for `name` in the block is delivered after it, as the list says then."""
    mailbox = domain.broker.mailbox(agent_inbox(name).name)
    mailbox.open = False
    yield mailbox._stored
    mailbox._stored[:] = [
        Entry(place, one.expires, one.attempt, one.delivery) for place, one in enumerate(mailbox._stored)
    ]
    mailbox.open = True
    mailbox.pump()


def bodies(inbox: Inbox) -> list[bytes]:
    return [message.body for message in inbox.messages]


async def test_what_the_way_mixed_up_is_put_in_order() -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        async with shuffled(domain, "bob") as stored:
            await send(alice, bob, b"1", b"2", b"3", b"4")
            stored.reverse()
        await until(lambda: len(inbox.messages) == 4)
        assert bodies(inbox) == [b"1", b"2", b"3", b"4"]
        assert bob.counters["order-gap"] == 1


async def test_what_there_is_no_room_to_hold_goes_back_and_comes_in_order_at_its_first_attempt() -> None:
    tight = quick(
        order_held=2, order_back_s=0.05, order_stuck_s=3600.0, order_wait_s=3600.0, handler_attempts=1
    )
    domain, inbox = MemoryDomain("a.example", tight), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        async with shuffled(domain, "bob") as stored:
            await send(alice, bob, *(b"%d" % number for number in range(8)))
            first = stored.pop(0)
        await until(lambda: bob.counters["order-given-back"] >= 20)
        domain.broker.mailbox(agent_inbox("bob").name).put(first)
        await until(lambda: len(inbox.messages) == 8)
        assert bodies(inbox) == [b"%d" % number for number in range(8)]


async def test_those_that_are_given_back_again_and_again_hold_up_nobody_for_long() -> None:
    tight = quick(order_held=2, order_back_s=0.05, order_stuck_s=0.2, order_wait_s=3600.0)
    domain, inbox = MemoryDomain("a.example", tight), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        async with shuffled(domain, "bob") as stored:
            await send(alice, bob, *(b"%d" % number for number in range(8)))
            stored.pop(0)
        await until(lambda: len(inbox.messages) == 7)
        assert bob.counters["order-gap-full"] >= 1


async def test_what_send_refused_is_not_waited_for_while_earlier_ones_are_open() -> None:
    domain, inbox = MemoryDomain("a.example", quick(order_wait_s=3600.0, send_wait_s=0.0)), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await send(alice, bob, b"1")
        domain.broker.room = 0
        with pytest.raises(Overloaded):
            await send(alice, bob, b"2")
        domain.broker.room = 100
        await send(alice, bob, b"3")
        await bob.serve(inbox)
        await until(lambda: len(inbox.messages) == 2)
        assert bodies(inbox) == [b"1", b"3"]


async def test_what_is_lost_is_passed_over_in_time_and_handled_late() -> None:
    domain, inbox = MemoryDomain("a.example", quick(order_wait_s=0.05)), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        async with shuffled(domain, "bob") as stored:
            await send(alice, bob, b"1", b"2", b"3")
            lost = stored.pop(1)
        await until(lambda: len(inbox.messages) == 2)
        assert (bodies(inbox), bob.counters["order-gap-passed"]) == ([b"1", b"3"], 1)
        domain.broker.mailbox(agent_inbox("bob").name).put(lost)
        await until(lambda: len(inbox.messages) == 3)
        assert bob.counters["order-late"] == 1


async def test_a_receiver_that_was_restarted_waits_for_nothing_that_it_handled(tmp_path: Path) -> None:
    domain, inbox = MemoryDomain("a.example", quick(order_wait_s=3600.0, probe_after_s=3600.0)), Inbox()
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open("alice") as alice:
        domain.broker.lose = lambda delivery: ".proc.alice." in delivery.subject  # no receipt arrives
        async with domain.open(bob) as first:
            await first.serve(inbox)
            await send(alice, first, b"1", b"2")
            await until(lambda: first._parts.state.handled(alice.me, inbox.messages[-1].id))
            await until(lambda: len(inbox.messages) == 2)
        async with domain.open(bob) as second:
            await second.serve(inbox)
            await send(alice, second, b"3")
            await until(lambda: len(inbox.messages) == 3)


async def test_processes_that_share_an_inbox_do_not_wait_for_what_the_other_got(tmp_path: Path) -> None:
    domain, inbox = MemoryDomain("a.example", quick(order_wait_s=3600.0)), Inbox()
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open("alice") as alice, domain.open(bob) as one, domain.open(bob) as two:
        await one.serve(inbox)
        await two.serve(inbox)
        await until(lambda: not one._parts.state.alone(one._parts.owner))
        await send(alice, one, *(b"%d" % number for number in range(20)))
        await until(lambda: len(inbox.messages) == 20)


async def test_a_gap_is_waited_for_after_another_process_died(tmp_path: Path) -> None:
    domain = MemoryDomain("a.example", quick())
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open(bob) as one:
        state, owner = one._parts.state, one._parts.owner
        await state._file.write("INSERT INTO owners VALUES ('killed', ?)", (domain.clock() + 1000,))
        assert state.alone(owner)


async def test_a_message_that_is_not_settled_holds_nobody_up() -> None:
    domain, gate = MemoryDomain("a.example", quick()), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        await send(alice, bob, *(b"x" for _ in range(10)))
        await until(lambda: gate.running == 10)
        gate.open.set()


async def test_a_realtime_message_that_came_late_is_counted_and_handled() -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        await alice.send(bob.me, b"1")
        await inbox.next()
        domain.broker.lose = lambda delivery: ".agent.bob." in delivery.subject
        await alice.send(bob.me, b"2")
        domain.broker.lose = lambda _: False
        late = domain.broker.sent[-1]
        await alice.send(bob.me, b"3")
        await inbox.next()
        domain.broker.publish(late.subject, late.payload)
        await inbox.next()
        assert bodies(inbox) == [b"1", b"3", b"2"]
        assert bob.counters["realtime-order-late"] == 1
        await asyncio.gather(*(alice.send(bob.me, b"more") for _ in range(5)))
        await until(lambda: len(inbox.messages) == 8)


class Registry:
    """Says whether senders are registered: when `open`, to those who asked before it was `known`."""

    def __init__(self) -> None:
        self.known = False
        self.asked = 0
        self.open = asyncio.Event()

    def knows(self, _: PartyId) -> bool | None:
        return True if self.known else None

    async def learn(self, _: PartyId) -> bool:
        self.asked += 1
        await self.open.wait()
        return True


async def test_what_is_asked_about_a_sender_first_does_not_mix_up_what_it_sent() -> None:
    domain, inbox, registry = MemoryDomain("a.example", quick()), Inbox(), Registry()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        bob._parts.gate.senders = registry
        await bob.serve(inbox)
        await send(alice, bob, b"1", b"2")
        await until(lambda: registry.asked == 2)
        registry.known = True
        await send(alice, bob, b"3")
        await until(lambda: bob._parts.work.running == 3)
        registry.open.set()
        await until(lambda: len(inbox.messages) == 3)
        assert bodies(inbox) == [b"1", b"2", b"3"]
