"""Handlers side by side, and how an endpoint ends."""

from __future__ import annotations

import asyncio

import pytest

from overlay.endpoint.message import Message
from overlay.errors import Unavailable, Unreachable
from overlay.naming.subjects import Priority
from tests.endpoint.handlers import Gate, Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


async def test_no_more_handlers_run_than_the_setting_says() -> None:
    domain, gate = MemoryDomain("a.example", quick(handlers_at_once=3, handlers_waiting=2)), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(alice.ask(bob.me, bytes([number]))) for number in range(20)]
            await until(lambda: gate.running == 3)
            gate.open.set()
        assert [task.result().body for task in asking] == [bytes([number]) for number in range(20)]
    assert gate.most == 3


async def test_messages_of_a_sender_begin_in_order_and_are_counted_by_priority() -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        for number in range(200):
            priority = Priority.BULK if number % 2 else Priority.NORMAL
            await alice.send(bob.me, b"x", priority=priority)
        for _ in range(200):
            await inbox.next()
    bulk = [message.sequence for message in inbox.messages if message.priority is Priority.BULK]
    normal = [message.sequence for message in inbox.messages if message.priority is Priority.NORMAL]
    assert bulk == normal == list(range(1, 101))


async def test_what_a_full_reader_drops_is_counted() -> None:
    settings = quick(handlers_at_once=1, handlers_waiting=1, reader_queue=1)
    domain, gate = MemoryDomain("a.example", settings), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        for _ in range(20):
            await alice.send(bob.me, b"x")
        await until(lambda: bob.counters["reader-full"] > 0)
        gate.open.set()


async def test_a_handler_can_ask_while_all_handlers_are_busy() -> None:
    domain = MemoryDomain("a.example", quick(handlers_at_once=2, handlers_waiting=1))
    async with domain.open("alice") as alice, domain.open("bob") as bob, domain.open("carol") as carol:

        async def relay(message: Message) -> bytes:
            return (await bob.ask(carol.me, message.body)).body

        await bob.serve(relay)
        await carol.serve(echo)
        replies = await asyncio.gather(*(alice.ask(bob.me, bytes([number])) for number in range(30)))
    assert [reply.body for reply in replies] == [bytes([number]) for number in range(30)]


async def test_closing_lets_running_handlers_end() -> None:
    domain, gate = MemoryDomain(), Gate()
    async with domain.open("alice") as alice:
        async with domain.open("bob") as bob:
            await bob.serve(gate)
            asking = asyncio.create_task(alice.ask(bob.me, b"late"))
            await gate.entered.wait()
            asyncio.get_running_loop().call_later(0.05, gate.open.set)
        assert (await asking).body == b"late"


async def test_while_closing_a_request_is_turned_away() -> None:
    domain, gate = MemoryDomain(), Gate()
    async with domain.open("alice") as alice:
        async with asyncio.TaskGroup() as group, domain.open("bob") as bob:
            await bob.serve(gate)
            first = group.create_task(alice.ask(bob.me, b"1"))
            await gate.entered.wait()
            bob._parts.handling.accepting = False
            with pytest.raises(Unavailable, match="closing"):
                await alice.ask(bob.me, b"2")
            gate.open.set()
        assert first.result().body == b"1"


async def test_questions_that_wait_fail_when_their_endpoint_closes() -> None:
    domain, gate = MemoryDomain("a.example", quick(drain_timeout_s=0.05)), Gate()
    async with domain.open("bob") as bob:
        await bob.serve(gate)
        async with domain.open("alice") as alice:
            asking = asyncio.create_task(alice.ask(bob.me, b"?", timeout_s=60.0))
            await gate.entered.wait()
        with pytest.raises(Unreachable, match="closed"):
            await asking
        with pytest.raises(Unreachable):
            await alice.ask(bob.me, b"?")
        await alice.closed()


async def test_questions_that_wait_fail_when_the_broker_is_given_up() -> None:
    domain, gate = MemoryDomain("a.example", quick(reconnect_limit_s=0.05, drain_timeout_s=0.05)), Gate()
    async with domain.open("bob") as bob, domain.open("alice") as alice:
        await bob.serve(gate)
        asking = asyncio.create_task(alice.ask(bob.me, b"?", timeout_s=60.0))
        await gate.entered.wait()
        domain.broker.stop()
        with pytest.raises(Unreachable):
            await asking
        with pytest.raises(Unreachable):
            await alice.closed()


async def test_an_outage_of_the_broker_is_waited_out() -> None:
    domain = MemoryDomain("a.example", quick())
    async with domain.open("bob") as bob, domain.open("alice") as alice:
        await bob.serve(echo)
        domain.broker.stop()
        asking = asyncio.create_task(alice.ask(bob.me, b"?"))
        sending = asyncio.create_task(alice.send(bob.me, b"!", reliable=True))
        await asyncio.sleep(0)
        domain.broker.start()
        assert (await asking).body == b"?"
        await (await sending).receipt()


async def test_a_closed_endpoint_leaves_nothing_running() -> None:
    domain, gate = MemoryDomain("a.example", quick(drain_timeout_s=0.05)), Gate()
    before = asyncio.all_tasks()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        await alice.send(bob.me, b"x")
        await alice.send(bob.me, b"x", reliable=True)
        await gate.entered.wait()
    assert asyncio.all_tasks() == before


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    domain = MemoryDomain()
    with pytest.raises(ValueError, match="mine") as raised:
        async with domain.open("alice"):
            raise ValueError("mine") from KeyError("cause")
    assert isinstance(raised.value.__cause__, KeyError)


async def test_stored_messages_not_begun_go_to_the_next_process() -> None:
    settings = quick(handlers_at_once=1, order_wait_s=0.5)
    domain, gate, inbox = MemoryDomain("a.example", settings), Gate(), Inbox()
    party = domain.party("bob")
    async with domain.open("alice") as alice:
        async with domain.open(party) as bob:
            await bob.serve(gate)
            first = await alice.send(party.id, b"1", reliable=True)
            await gate.entered.wait()
            bob._parts.handling.accepting = False
            second = await alice.send(party.id, b"2", reliable=True)
            gate.open.set()
            await first.receipt()
        async with domain.open(party) as bob:
            await bob.serve(inbox)
            await second.receipt()
    assert [message.body for message in inbox.messages] == [b"2"]
