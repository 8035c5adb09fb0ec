"""What a registry of many agents holds, and how quick it is: `python -m benchmarks.registry_size`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path

from overlay.bench.made_up.agents import agents
from overlay.clock import system_clock
from overlay.naming.ids import PartyId
from overlay.registry.peers.changelog import Changelog
from overlay.registry.presence.heard import Heard
from overlay.registry.protocol import Heartbeat, Register
from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.registration.book import Book, record_key, written
from overlay.registry.registry import Registry
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Store, Write
from overlay.registry.storage.sqlite_keys import SqliteStore
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import make_card
from overlay.trust.keys import SealingKey, SigningKey

DOMAIN = "a.example"
DAY = 86400.0
STORMS = (1, 16, 256)
STORM = 1000
_SETTINGS = Settings(registrations_per_minute=1_000_000, audit_buffer=10_000)


class Issuing:
    """Makes agents with certificates and key cards."""

    def __init__(self) -> None:
        self._issuer = Issuer(*new_root(DOMAIN, 3650 * DAY, system_clock()))
        self.bundle = TrustBundle(DOMAIN, (self._issuer.root,))

    def agent(self, name: str) -> tuple[Credentials, bytes]:
        """Certificate and card."""
        key, party, now = SigningKey.generate(), PartyId(name, DOMAIN), system_clock()
        made = self._issuer.issue(key.public, party, Role.AGENT, 90 * DAY, now)
        owner = Credentials(made, key, (SealingKey.generate(),), (self._issuer.root,))
        return owner, make_card(owner, now)


def records(count: int, card: bytes) -> Iterator[Record]:
    """As `count` agents would have them; their cards prove nothing."""
    now = system_clock()
    for number, (name, said) in enumerate(agents(count)):
        skills = tuple(Skill(skill.id, skill.name, skill.abstract) for skill in said.skills)
        yield Record(
            party=f"{name}@{DOMAIN}",
            profile=Profile(said.name, said.description, skills=skills, languages=("en",)),
            card=os.urandom(8) + card[8:],
            serial=format(number, "040x"),
            presence=Presence.ONLINE,
            resource_id=os.urandom(16).hex(),
            registered_at=now,
            changed_at=now,
            version=0,
        )


def memory() -> int:
    """Bytes that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def fill(store: Store, count: int, card: bytes) -> int:
    """Returns the bytes of all records."""
    await store.open(lambda _: None)
    found, size = records(count, card), 0
    while part := list(islice(found, WRITES_AT_ONCE)):
        writes = [Write(record_key(record.party), written(record)) for record in part]
        size += sum(len(write.value or b"") for write in writes)
        await store.commit(writes)
    await store.close()
    return size


async def parts(path: Path, count: int) -> None:
    """What each noun costs alone."""
    entries: list[Entry] = []
    store = SqliteStore(path, system_clock, 100)
    await store.open(entries.extend)
    await store.close()
    state = State()
    book = Book(DOMAIN, state.revision_of)
    log = Changelog(DOMAIN, book)
    heard = Heard(system_clock, 90)
    # the bytes of the records lie in `entries` already: they are counted by their size
    for what, take in (
        ("revisions", lambda entry: state.feed([entry])),
        ("book", book.take),
        ("log of changes", log.take),
        ("heard", lambda entry: heard.note(f"{entry.key.partition('.')[2]}@{DOMAIN}")),
    ):
        tracemalloc.start()
        for entry in entries:
            take(entry)
        print(f"  {what}: {tracemalloc.get_traced_memory()[0] / count:.0f} bytes per agent")
        tracemalloc.stop()


async def restart(path: Path, count: int, bundle: TrustBundle) -> None:
    """The whole registry, from its file."""
    before, start, cpu = memory(), time.perf_counter(), time.process_time()
    store = SqliteStore(path, system_clock, 100)
    ahead_s = 0.0
    registry = Registry(store, TrustStore(bundle), _SETTINGS, lambda: system_clock() + ahead_s)
    await registry.open()
    took_s, worked_s = time.perf_counter() - start, time.process_time() - cpu
    print(f"  up after {took_s:.1f} s, {worked_s:.1f} s of them work")
    print(f"  in all: {(memory() - before) / count:.0f} bytes per agent")
    await timed("a sweep that finds nobody silent", registry.sweep)
    ahead_s = 1000.0
    await timed("a sweep that finds everybody silent", registry.sweep)
    start = time.perf_counter()
    for _ in range(1000):
        registry.members.count()
    print(f"  count: {(time.perf_counter() - start) * 1e3:.1f} µs")
    await store.close()


async def timed(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """How long it took, and for how long at most nothing else could happen."""
    worst, start, cpu = 0.0, time.perf_counter(), time.process_time()
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal worst
        while not done.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0)
            worst = max(worst, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    await work()
    done.set()
    await watching
    took_s, worked_s = time.perf_counter() - start, time.process_time() - cpu
    print(f"  {what}: {took_s:.2f} s, {worked_s:.2f} s of them work; longest pause {worst * 1e3:.1f} ms")


async def storms(folder: Path) -> None:
    """Registrations with all checks, so many at once."""
    issuing = Issuing()
    crowd = [issuing.agent(f"agent-{number}") for number in range(STORM)]
    for at_once in STORMS:
        store = SqliteStore(folder / f"storm-{at_once}.db", system_clock, 100)
        registry = Registry(store, TrustStore(issuing.bundle), _SETTINGS, system_clock)
        await registry.open()
        waiting = iter(crowd)

        async def enter(
            registry: Registry = registry, waiting: Iterator[tuple[Credentials, bytes]] = waiting
        ) -> None:
            for owner, card in waiting:
                await registry.registrar.register(owner.identity, Register(Profile("x" * 40), card))

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(enter() for _ in range(at_once)))
        took_s, worked_s = time.perf_counter() - start, time.process_time() - cpu
        rate, work_us = STORM / took_s, worked_s / STORM * 1e6
        print(f"{at_once:4} at once: {rate:.0f} registrations/s, {work_us:.0f} µs of work each")
        if at_once == STORMS[-1]:
            await heartbeats(registry, crowd)
        await store.close()


async def heartbeats(registry: Registry, crowd: list[tuple[Credentials, bytes]]) -> None:
    """The first of each agent, for which its card is read, and the others."""
    for what in ("first", "later"):
        start = time.perf_counter()
        for owner, _ in crowd:
            await registry.members.heartbeat(owner.identity, Heartbeat())
        print(f"{what} heartbeats: {(time.perf_counter() - start) / len(crowd) * 1e6:.0f} µs each")


async def main(count: int) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        folder, issuing = Path(name), Issuing()
        _, card = issuing.agent("somebody")
        path = folder / "registry.db"
        size = await fill(SqliteStore(path, system_clock, 100), count, card)
        print(f"{count} agents, {size / count:.0f} bytes each in the store, {len(card)} of them the key card")
        await parts(path, count)
        await restart(path, count, issuing.bundle)
        await storms(folder)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
