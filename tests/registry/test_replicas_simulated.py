"""Any mixture of operations at several processes of one registry, some of which die: nothing is lost that was
accepted, and all that live know the same.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from functools import cache

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import Refused, Untrusted
from overlay.registry.peers.protocol import AskChanges, Peer
from overlay.registry.protocol import Deregister, Expel, Heartbeat, Register
from overlay.registry.record import Presence, Profile, Record
from overlay.registry.registry import Registry
from overlay.registry.storage.contract import Conflict, Entry
from overlay.registry.storage.keys import AGENT, kind_of
from overlay.registry.storage.memory import MemoryStore
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from overlay.trust.serials import serial_text
from overlay.wire.request import decode_struct
from tests.registry.town import Town

Step = tuple[str, int, str]
NAMES = ("alice", "bob", "carol")
OFTEN = ["register"] * 6 + ["deregister", "offline", "online"] * 2
OPERATIONS = [*OFTEN, "expel", "sweep", "silence", "peer-add", "peer-remove", "kill", "lag"]
STEP = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 2), st.sampled_from(NAMES))
rounds = st.lists(st.lists(STEP, min_size=1, max_size=8), min_size=1, max_size=8)
QUICK = Settings(registry_conflict_s=0.0, registrations_per_minute=10_000, registry_decisions=100)


class World:
    """What cannot change from example to example: making it takes long."""

    def __init__(self) -> None:
        self.town = Town(settings=QUICK)
        self.agents = {name: self.town.credentials(name) for name in NAMES}
        self.cards = {name: self.town.card(owner) for name, owner in self.agents.items()}
        self.ca = self.town.ca()
        self.peer = Town("b.example", clock=self.town.clock).bundle.to_bytes()


world = cache(World)


class Simulation:
    """Three processes on one history; what they accepted; and all that was ever written."""

    def __init__(self) -> None:
        self.world = world()
        self.town = Town(settings=QUICK)
        self.town.issuer, self.town.bundle = self.world.town.issuer, self.world.town.bundle
        self.stores: list[MemoryStore] = []
        self.all: list[Registry] = []
        self.under_way: list[set[asyncio.Task[None]]] = [set(), set(), set()]
        self.written: list[Entry] = []
        self.entered: set[str] = set()
        self.left: set[str] = set()
        self.expelled: set[str] = set()
        self.numbers = itertools.count()

    async def play(self, plan: list[list[Step]]) -> None:
        """Round by round; the steps of a round happen at once."""
        await self.town.history.store().open(self.written.extend)
        self.all = [await self.town.replica() for _ in range(3)]
        for steps in plan:
            tasks = []
            for one in steps:
                task = asyncio.create_task(self._accepted(*one))
                tasks.append(task)
                self.under_way[one[1]].add(task)
            for _ in range(20):
                await asyncio.sleep(0)
            for registry in self.all:
                _store(registry).release()
            async with asyncio.timeout(20):
                await asyncio.gather(*tasks, return_exceptions=True)
            for done in tasks:
                if not done.cancelled() and (error := done.exception()):
                    raise error
        for registry in (*self.all, *self.all):
            await registry.sweep()

    async def _accepted(self, what: str, where: int, name: str) -> None:
        with suppress(Refused, Untrusted, Conflict):
            await self._do(what, where, name)

    async def _do(self, what: str, where: int, name: str) -> None:
        registry, agent = self.all[where], self.world.agents[name]
        match what:
            case "register":
                await self._register(registry, agent, name)
            case "deregister":
                record = registry.resolve(agent.party)
                await registry.registrar.deregister(agent.identity, Deregister(record.resource_id))
                self.left.add(record.resource_id)
            case "offline" | "online":
                presence = Presence.OFFLINE if what == "offline" else Presence.ONLINE
                await registry.members.heartbeat(agent.identity, Heartbeat(presence))
            case "expel":
                serial = serial_text(agent.identity.serial)
                await registry.expulsions.expel(self.world.ca, Expel(name, serial))
                self.expelled.add(serial)
            case "sweep":
                await registry.sweep()
            case "silence":
                self.town.clock.now += 100
            case "peer-add":
                await registry.neighbours.add(self.town.boss, Peer("b.example", self.world.peer))
            case "peer-remove":
                await registry.neighbours.remove(self.town.boss, "b.example")
            case "kill":
                await self._kill(where)
            case _:
                _store(registry).hold()

    async def _kill(self, where: int) -> None:
        """What was under way there was not accepted, whether it was written or not."""
        for task in self.under_way[where] - {asyncio.current_task()}:
            task.cancel()
        await self.all[where].store.close()
        self.all[where] = await self.town.replica()

    async def _register(self, registry: Registry, agent: Credentials, name: str) -> None:
        said = f"number {next(self.numbers)}"
        ask = Register(Profile(description=said), self.world.cards[name])
        await registry.registrar.register(agent.identity, ask)
        self.entered.add(said)

    def records(self) -> list[Record | None]:
        """All that was ever written of agents, in order; None: taken away."""
        agents = (entry for entry in self.written if kind_of(entry.key) == AGENT)
        return [None if entry.value is None else decode_struct(entry.value, Record) for entry in agents]


def known(registry: Registry) -> tuple[object, ...]:
    """All that follows from the store."""
    peers = [msgspec.structs.replace(peer, heard_at=0.0) for peer in registry.neighbours.peers()]
    return (
        {record.party: record for record in registry.members.book},
        registry.members.count(),
        list(registry.denials.after(0)),
        registry.following.changes(AskChanges()),
        peers,
    )


def _store(registry: Registry) -> MemoryStore:
    assert isinstance(registry.store, MemoryStore)
    return registry.store


async def simulate(plan: list[list[Step]]) -> None:
    made = Simulation()
    await made.play(plan)
    fresh = await made.town.replica()
    for registry in made.all:
        assert known(registry) == known(fresh)
    written = [record for record in made.records() if record is not None]
    assert made.entered <= {record.profile.description for record in written}
    here = list(fresh.members.book)
    assert not made.left & {record.resource_id for record in here}
    online = {record.serial for record in here if record.presence is Presence.ONLINE}
    assert not made.expelled & online
    assert made.expelled <= {denied.serial for denied in fresh.denials.after(0)}
    gone: set[str] = set()
    last: dict[str, str] = {}
    for entry in made.written:
        if kind_of(entry.key) == AGENT and entry.value is None:
            gone.add(last.pop(entry.key, ""))
        elif kind_of(entry.key) == AGENT and entry.value is not None:
            last[entry.key] = decode_struct(entry.value, Record).resource_id
            assert last[entry.key] not in gone  # nobody comes back by a write that was decided before it went


@settings(deadline=None, max_examples=60)
@given(rounds)
def test_nothing_that_was_accepted_is_lost_and_all_processes_know_the_same(plan: list[list[Step]]) -> None:
    asyncio.run(simulate(plan))
