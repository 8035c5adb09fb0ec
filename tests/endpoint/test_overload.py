"""Who is asked too much says so, and who asked holds back."""

from __future__ import annotations

import asyncio

import pytest

from overlay.endpoint.message import Message
from overlay.errors import Overloaded
from overlay.policy.access import AccessPolicy
from tests.endpoint.handlers import Gate, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


async def test_more_at_once_than_it_takes_is_refused_with_a_time_to_wait() -> None:  # GW-15
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        bob.gate.policy = AccessPolicy(takes_at_once=2)
        gate = Gate()
        await bob.serve(gate)
        asking = [asyncio.create_task(alice.ask(bob.me, b"?")) for _ in range(2)]
        await until(lambda: bob._parts.work.busy == 2)
        with pytest.raises(Overloaded, match="2 messages at a time") as refused:
            await alice.ask(bob.me, b"one too many")
        assert refused.value.retry_after_s == bob.settings.takes_retry_s
        gate.open.set()
        await asyncio.gather(*asking)
        assert bob.counters["over-intake"] == 1


async def test_more_often_than_it_takes_is_refused_and_the_asker_holds_back() -> None:  # GW-15
    domain = MemoryDomain(settings=quick(pace_wait_s=0.0))
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        bob.gate.policy = AccessPolicy(takes_per_s=0.05)
        handled: list[Message] = []

        async def handle(message: Message) -> bytes:
            handled.append(message)
            return b"done"

        await bob.serve(handle)
        await alice.ask(bob.me, b"first")
        with pytest.raises(Overloaded, match="messages a second") as refused:
            await alice.ask(bob.me, b"second")
        assert refused.value.retry_after_s > 1
        with pytest.raises(Overloaded, match="pace_wait_s"):  # it does not even get there
            await alice.ask(bob.me, b"third")
        assert bob.counters["over-intake"] == 1
        assert [message.body for message in handled] == [b"first"]


async def test_who_holds_back_waits_a_little_and_goes_on_by_itself() -> None:  # GW-15
    domain = MemoryDomain(settings=quick(pace_wait_s=30.0))
    async with domain.open("alice") as alice, domain.open("bob") as bob, domain.open("carol") as carol:
        for receiver in (bob, carol):
            await receiver.serve(echo)
        bob.gate.policy = AccessPolicy(takes_per_s=4)
        while not alice._parts.holding_back.pacing.held_back(bob.me):
            with pytest.raises(Overloaded):
                await asyncio.gather(*(alice.ask(bob.me, b"?") for _ in range(20)))
        assert (await alice.ask(carol.me, b"not held back")).body == b"not held back"
        assert (await alice.ask(bob.me, b"later", timeout_s=60.0)).body == b"later"
