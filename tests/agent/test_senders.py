"""Who is not registered takes no part: an agent asks the registry, once for each sender (REG-2)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from overlay.agent.senders import Senders
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, Unavailable
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from tests.ca.office import TurnedClock
from tests.endpoint.handlers import Inbox
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick

ALICE, BOB = (PartyId.of(name, "a.example") for name in ("alice", "bob"))
QUICK = {"sender_again_s": 0.01, "sender_wait_s": 30.0}


class Register:
    """Whom the registry knows; `asked`: about whom it was asked."""

    def __init__(self, *known: PartyId) -> None:
        self.known = set(known)
        self.asked: list[PartyId] = []
        self.away = False

    async def resolve(self, party: PartyId) -> None:
        self.asked.append(party)
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("it does not answer")
        if party not in self.known:
            raise NotFound(f"{party} is not registered here")


@asynccontextmanager
async def two(register: Register) -> AsyncIterator[tuple[Endpoint, Endpoint, Inbox]]:
    """Alice, and Bob who serves registered agents of his domain."""
    domain, inbox = MemoryDomain("a.example", quick(**QUICK)), Inbox()
    settings, clock = domain.settings, domain.clock
    async with domain.open(domain.party("alice")) as alice, domain.open(domain.party("bob")) as bob:
        bob.gate.senders = Senders(register.resolve, settings, clock, bob.counters)
        await bob.serve(inbox)
        yield alice, bob, inbox


async def test_an_agent_that_is_not_registered_is_not_listened_to() -> None:
    register = Register()
    async with two(register) as (alice, bob, inbox):
        senders = bob.gate.senders
        assert senders is not None
        with pytest.raises(NotPermitted, match=r"alice@a\.example is not registered in its domain"):
            await alice.ask(BOB, b"?")
        sent = await alice.send(BOB, b"!", reliable=True)
        with pytest.raises(NotPermitted):
            await sent.receipt()
        await alice.send(BOB, b"news")
        await until(lambda: bob.counters["sender-not-registered"] == 3)
        assert (inbox.messages, bob.gate.refusals[-1].caller) == ([], ALICE)
        register.known.add(ALICE)  # an administrator approved it
        await until(lambda: senders.knows(ALICE) is None)
        assert (await alice.ask(BOB, b"now?")).body == b"taken"


async def test_a_sender_is_asked_about_once_and_not_for_each_message() -> None:
    register = Register(ALICE)
    async with two(register) as (alice, _, inbox):
        await asyncio.gather(*(alice.ask(BOB, b"?") for _ in range(20)))
        assert (len(inbox.messages), register.asked) == (20, [ALICE])


async def test_who_was_entered_by_another_process_just_now_is_asked_about_twice() -> None:
    register = Register()
    senders = Senders(register.resolve, Settings.model_validate(QUICK), TurnedClock(), Counter())
    asking = asyncio.create_task(senders.learn(ALICE))
    await until(lambda: bool(register.asked))
    register.known.add(ALICE)
    assert await asking


async def test_a_registry_that_is_away_stops_nobody_it_did_not_name_unknown() -> None:
    register, clock = Register(), TurnedClock()
    settings, counters = Settings.model_validate(QUICK), Counter[str]()
    senders = Senders(register.resolve, settings, clock, counters)
    assert not await senders.learn(ALICE)
    register.away = True
    clock.now += settings.sender_known_s
    assert not await senders.learn(ALICE)
    assert await senders.learn(BOB)
    assert counters["sender-not-asked"] == 2


async def test_one_that_was_removed_is_noticed_beside_the_work() -> None:
    register, clock = Register(ALICE), TurnedClock()
    settings = Settings.model_validate(QUICK)
    senders = Senders(register.resolve, settings, clock, Counter())
    assert await senders.learn(ALICE)
    register.known.clear()
    clock.now += settings.sender_known_s
    running = asyncio.create_task(senders.run())
    try:
        assert senders.knows(ALICE)
        await until(lambda: senders.knows(ALICE) is False)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
