"""Scenario `failover`: how long streams between two domains pause while gateway processes restart or die."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

from overlay.agent.agent import Agent
from overlay.bench.result import Load, Result, result
from overlay.domain.child import process_of
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.gateway_orders import Act, give_order
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import OverlayError, Unavailable
from overlay.transport.address import BrokerKind

_SKILL = "bench.failover"
_FIND_S = 60.0
_AFTER_S = 3.0
_SETTLE_S = 60.0


@dataclass(frozen=True, slots=True)
class FailoverPlan:
    """What to measure: messages a second, from each of some senders, before and while it happens."""

    brokers: tuple[BrokerKind, BrokerKind]
    processes: int
    senders: int
    rate_per_s: float
    seconds: float


@dataclass(slots=True)
class Stream:
    """What arrived of it, and when."""

    sent: int = 0
    errors: int = 0
    arrivals: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    seen: Counter[bytes] = field(default_factory=Counter)
    last: dict[bytes, int] = field(default_factory=dict)
    misordered: int = 0

    def take(self, body: bytes) -> None:
        """A message, `sender number when`."""
        now = time.monotonic()
        sender, number, at = body.split()
        self.arrivals.append(now)
        self.delays.append(now - float(at))
        key = sender + b" " + number
        self.seen[key] += 1
        if int(number) < self.last.get(sender, -1):
            self.misordered += 1
        self.last[sender] = max(self.last.get(sender, -1), int(number))

    def pause_s(self, begin: float, end: float) -> float:
        """The longest time without any arrival between two moments."""
        within = [begin, *(at for at in self.arrivals if begin < at < end), end]
        return max(after - before for before, after in pairwise(within))


async def bench_failover(plan: FailoverPlan, tell: Callable[[str], None]) -> Result:
    """Measure reliable messages from a.example to b.example while the gateways of both restart in turn, and
    while one process of each is killed.
    """

    async def prepare(folder: DomainFolder) -> None:
        with folder.settings.open("a") as file:
            file.write(f"gateway_processes = {plan.processes}\n")

    tell(f"starting two domains with {plan.processes} processes of their gateways")
    names = list(zip(("a.example", "b.example"), plan.brokers, strict=True))
    async with throwaway(names, prepare) as (near, far):
        return await _measure(plan, near, far, tell)


async def _measure(
    plan: FailoverPlan, near: DomainFolder, far: DomainFolder, tell: Callable[[str], None]
) -> Result:
    last = f"gateway-{plan.processes}" if plan.processes > 1 else "gateway"
    stages: dict[str, Callable[[], Awaitable[None]]] = {
        "undisturbed": lambda: asyncio.sleep(plan.seconds),
        "receiver-restarts": lambda: give_order(far, Act.RESTART, plan.processes),
        "sender-restarts": lambda: give_order(near, Act.RESTART, plan.processes),
        "receiver-killed": lambda: _kill(far, last, plan.seconds),
        "sender-killed": lambda: _kill(near, last, plan.seconds),
    }
    found: dict[str, dict[str, object]] = {}
    whole = Load()
    duplicates = misordered = 0
    async with _people(plan, near, far) as (senders, receiver):
        for name, act in stages.items():
            tell(f"measuring: {name}")
            stream, stage = await _stage(plan, senders, receiver, act)
            found[name] = stage
            whole.sent += stream.sent
            whole.received += len(stream.seen)
            whole.errors += stream.errors
            whole.latencies += stream.delays
            duplicates += sum(count - 1 for count in stream.seen.values())
            misordered += stream.misordered
            whole.seconds += plan.seconds
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "processes": plan.processes,
        "senders": plan.senders,
        "rate_per_s": plan.rate_per_s,
    }
    made = result("failover", parameters, whole, stages=found)
    return replace(made, duplicates=duplicates, misordered=misordered, lost=whole.sent - whole.received)


@asynccontextmanager
async def _people(
    plan: FailoverPlan, near: DomainFolder, far: DomainFolder
) -> AsyncIterator[tuple[list[Agent], _Receiver]]:
    async with AsyncExitStack() as stack:
        agent = Agent(await resident(far, "receiver", (_SKILL,)), access=(near.path.name,))
        receiver = _Receiver(agent)
        agent.serves(_SKILL)(receiver.handle)
        await stack.enter_async_context(agent)
        senders = []
        for number in range(plan.senders):
            sender = Agent(await resident(near, f"sender-{number}", ()))
            senders.append(await stack.enter_async_context(sender))
        async with asyncio.timeout(_FIND_S):
            while not (await senders[0].discover(_SKILL)).matches:
                await asyncio.sleep(0.5)
        yield senders, receiver


class _Receiver:
    """`stream`: what is being measured now."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.stream = Stream()

    async def handle(self, message: Message) -> None:
        self.stream.take(message.body)


async def _stage(
    plan: FailoverPlan, senders: list[Agent], receiver: _Receiver, act: Callable[[], Awaitable[None]]
) -> tuple[Stream, dict[str, object]]:
    stream = receiver.stream = Stream()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, sender in enumerate(senders):
            group.create_task(_send(plan, sender, number, receiver, stop))
        await asyncio.sleep(_AFTER_S)
        begin = time.monotonic()
        await act()
        await asyncio.sleep(_AFTER_S)
        end = time.monotonic()
        stop.set()
    await _settled(stream)
    delays = sorted(stream.delays)
    return stream, {
        "seconds": round(end - begin, 1),
        "sent": stream.sent,
        "received": len(stream.seen),
        "lost": stream.sent - len(stream.seen),
        "duplicates": sum(count - 1 for count in stream.seen.values()),
        "misordered": stream.misordered,
        "errors": stream.errors,
        "pause_s": round(stream.pause_s(begin, end), 3),
        "slowest_s": round(delays[-1], 3) if delays else 0.0,
        "p50_s": round(delays[len(delays) // 2], 4) if delays else 0.0,
    }


async def _send(
    plan: FailoverPlan, sender: Agent, number: int, receiver: _Receiver, stop: asyncio.Event
) -> None:
    stream, to = receiver.stream, receiver.agent.id
    count = 0
    due = time.monotonic()
    while not stop.is_set():
        body = f"{number} {count} {time.monotonic()}".encode()
        try:
            await sender.send(to, body, skill=_SKILL, reliable=True, deadline_s=_SETTLE_S * 2)
            stream.sent += 1
        except OverlayError:
            stream.errors += 1
        count += 1
        due += 1 / plan.rate_per_s
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _settled(stream: Stream) -> None:
    """What was accepted is on its way: it is lost when it has not come by the end of this time."""
    end = time.monotonic() + _SETTLE_S
    while len(stream.seen) < stream.sent and time.monotonic() < end:
        await asyncio.sleep(0.1)


async def _kill(folder: DomainFolder, part: str, seconds: float) -> None:
    """At once, as when its machine fails; the supervisor starts it again meanwhile."""
    pid = process_of(folder, part).pid
    if pid is None:
        raise Unavailable(f"{part} does not run")
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(seconds)
