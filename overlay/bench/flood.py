"""`overlay bench flood`: more than can be carried: what is taken and refused, what memory it costs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from overlay.agent.agent import Agent
from overlay.bench.memory import own_bytes, resident_bytes
from overlay.bench.result import Load, Result, result
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import parts_of
from overlay.domain.residents import resident
from overlay.endpoint.message import Message, Sent
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind

_NAMES = ("flood.example", "target.example")
_LOOK_EVERY_S = 0.5
_MIB = 1024 * 1024
_END_S = 120.0
_SAMPLED = 16
_TOPIC = "flood"


@dataclass(frozen=True, slots=True)
class FloodPlan:
    """What is to be done."""

    brokers: tuple[BrokerKind, BrokerKind]
    seconds: float
    senders: int
    """Messages that are being stored at a time."""
    size: int
    slow_s: float
    """How long the receiver takes for each; with 0 the receiver is not what is slow."""


@dataclass(slots=True)
class _Memory:
    """Resident bytes of processes, by name: before, and at most."""

    before: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def look(self, found: Mapping[str, int]) -> None:
        """Once more."""
        for name, size in found.items():
            self.before.setdefault(name, size)
            self.most[name] = max(self.most.get(name, 0), size)

    def told(self) -> dict[str, object]:
        """In MiB."""
        return {
            name: {"before_mib": self.before[name] // _MIB, "most_mib": most // _MIB}
            for name, most in self.most.items()
        }


_ACCEPTED, _HANDLED, _TOLD = 1, 2, 4


class _Flood:
    """Sends as fast as it is taken, and remembers what became of each message: a byte for each."""

    def __init__(self, plan: FloodPlan) -> None:
        self.load = Load()
        self.refused: Counter[str] = Counter()
        self.given_up: Counter[str] = Counter()
        self.duplicates = 0
        self._plan = plan
        self._fates = bytearray()
        self._receipts: set[asyncio.Task[None]] = set()

    async def handle(self, message: Message) -> None:
        """The receiver's."""
        number = int.from_bytes(message.body[:8], "big")
        self.duplicates += bool(self._fates[number] & _HANDLED)
        self._fates[number] |= _HANDLED
        if self._plan.slow_s:
            await asyncio.sleep(self._plan.slow_s)

    async def run(self, sender: Agent, to: PartyId) -> None:
        """Until the time is over; then until everything that was accepted has ended, for a while."""
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._plan.senders):
                group.create_task(self._send(sender, to, begun + self._plan.seconds))
        self.load.seconds = time.perf_counter() - begun
        if self._receipts:
            await asyncio.wait(self._receipts, timeout=_END_S)

    @property
    def handled(self) -> int:
        """How many reached their handler."""
        return sum(1 for fate in self._fates if fate & _HANDLED)

    @property
    def lost(self) -> int:
        """Accepted, and neither handled nor given up with a reason."""
        return sum(1 for fate in self._fates if fate == _ACCEPTED)

    async def _send(self, sender: Agent, to: PartyId, end: float) -> None:
        while (asked := time.perf_counter()) < end:
            number = len(self._fates)
            self._fates.append(0)
            body = number.to_bytes(8, "big").ljust(self._plan.size, b"x")
            self.load.sent += 1
            try:
                sent = await sender.endpoint.send(to, body, topic=_TOPIC, reliable=True)
            except OverlayError as error:
                self.refused[error.reason] += 1
                self.load.errors += 1
                continue
            self._fates[number] |= _ACCEPTED
            self.load.received += 1
            if number % _SAMPLED == 0:
                self.load.latencies.append(time.perf_counter() - asked)
            task = asyncio.create_task(self._receipt(number, sent))
            self._receipts.add(task)
            task.add_done_callback(self._receipts.discard)

    async def _receipt(self, number: int, sent: Sent) -> None:
        try:
            await sent.receipt()
        except OverlayError as error:
            self.given_up[error.reason] += 1
            self._fates[number] |= _TOLD


async def bench_flood(plan: FloodPlan, tell: Callable[[str], None]) -> Result:
    """Raises OverlayError."""
    tell(f"starting {_NAMES[0]} on {plan.brokers[0]}, {_NAMES[1]} on {plan.brokers[1]}")
    memory, flood = _Memory(), _Flood(plan)
    async with throwaway(list(zip(_NAMES, plan.brokers, strict=True))) as folders, AsyncExitStack() as stack:
        homes = [await resident(folder, "flood", (_TOPIC,)) for folder in folders]
        receiver = Agent(homes[1], access=(_NAMES[0],))
        receiver.serves(_TOPIC)(flood.handle)
        await stack.enter_async_context(receiver)
        sender = await stack.enter_async_context(Agent(homes[0], settings=Settings(send_wait_s=1.0)))
        tell(f"flooding for {plan.seconds:g} s")
        await stack.enter_async_context(_watched(_parts(folders, plan), memory))
        await flood.run(sender, receiver.id)
        waited = dict(sender.endpoint.counters)
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "seconds": plan.seconds,
        "senders": plan.senders,
        "size": plan.size,
        "slow_s": plan.slow_s,
    }
    stages: dict[str, dict[str, object]] = {
        "memory": memory.told(),
        "refused": dict(flood.refused),
        "given_up": dict(flood.given_up),
        "sender": {name: waited.get(name, 0) for name in ("outbox-full", "broker-full", "stored-again")},
        "receiver": {"handled": flood.handled},
    }
    found = result("flood", parameters, flood.load, stages=stages)
    return replace(found, lost=flood.lost, duplicates=flood.duplicates)


def _parts(folders: list[DomainFolder], plan: FloodPlan) -> dict[str, tuple[DomainFolder, str]]:
    found = {}
    for folder, name, kind in zip(folders, _NAMES, plan.brokers, strict=True):
        for part in parts_of(kind, load_settings(folder.settings)):
            found[f"{part} of {name}"] = (folder, part)
    return found


@asynccontextmanager
async def _watched(parts: dict[str, tuple[DomainFolder, str]], memory: _Memory) -> AsyncIterator[None]:
    async def watch() -> None:
        while True:
            sizes = {name: resident_bytes(*where) for name, where in parts.items()}
            memory.look(sizes | {"both agents": own_bytes()})
            await asyncio.sleep(_LOOK_EVERY_S)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()
