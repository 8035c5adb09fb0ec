"""Scenario `discovery`: questions to a registry of many agents, inside its process and over a broker."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle

from overlay.bench.discovery_inside import Inside, records
from overlay.bench.filling import keep
from overlay.bench.load import closed_loop
from overlay.bench.memory import registry_idle, registry_memory, registry_processor_s
from overlay.bench.questions import semantic, structured
from overlay.bench.result import Load, Result, percentiles, result
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.registry.client import RegistryClient
from overlay.registry.search.client import SearchClient
from overlay.registry.search.protocol import Find
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_DOMAIN = "a.example"
_SETTINGS = "finds_per_minute = 1000000000\n"
_WARM_S = 1.0
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DiscoveryPlan:
    """`agents`: how many the registry knows; `connections` ask, `at_once` questions together; `seconds`: how
    long each stage is measured.
    """

    broker: BrokerKind
    agents: int
    connections: int
    at_once: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a loop did, and the processor time of either side: others on this machine do not count."""

    load: Load
    registry_s: float
    askers_s: float


async def bench_discovery(plan: DiscoveryPlan, tell: Tell) -> Result:
    """Measure: structured questions over the broker are the result, the rest are stages."""
    tell(f"{plan.agents} agents inside one process")
    inside = Inside(plan.agents)
    stages: dict[str, dict[str, object]] = {
        "inside, structured": inside.ask("structured", plan.seconds),
        "inside, semantic": inside.ask("semantic", plan.seconds),
        "inside, filling": {**inside.memory, "microseconds_per_agent": inside.filling_us},
    }
    del inside

    async def prepare(folder: DomainFolder) -> None:
        with folder.settings.open("a") as file:
            file.write(_SETTINGS)
        tell(f"filling a registry on {plan.broker}")
        await keep(folder, records(_DOMAIN, plan.agents))

    async with throwaway([(_DOMAIN, plan.broker)], prepare) as (folder,):
        loads = await _over_the_broker(plan, folder, tell)
        stages |= {f"over the broker, {name}": _stage(asked) for name, asked in loads.items()}
        stages["registry"] = {"resident_bytes": registry_memory(folder)}
    parameters: dict[str, object] = {
        "broker": str(plan.broker),
        "agents": plan.agents,
        "connections": plan.connections,
        "concurrency": plan.at_once,
        "seconds": plan.seconds,
    }
    return result("discovery", parameters, loads["structured"].load, stages=stages)


async def _over_the_broker(plan: DiscoveryPlan, folder: DomainFolder, tell: Tell) -> dict[str, Asked]:
    kinds: dict[str, Iterator[tuple[str, Find]]] = {"structured": structured(), "semantic": semantic()}
    loads: dict[str, Asked] = {}
    tell("waiting until the registry has read what agents say of themselves")
    await registry_idle(folder)
    async with _askers(plan, folder) as clients:
        for name, questions in kinds.items():
            tell(f"{name} questions over the broker")
            turns = cycle(clients)

            async def ask(
                turns: Iterator[SearchClient] = turns, questions: Iterator[tuple[str, Find]] = questions
            ) -> None:
                await next(turns).find(next(questions)[1])

            await closed_loop(ask, askers=plan.at_once, seconds=_WARM_S)
            before = (registry_processor_s(folder), time.process_time())
            load = await closed_loop(ask, askers=plan.at_once, seconds=plan.seconds)
            spent = (registry_processor_s(folder) - before[0], time.process_time() - before[1])
            loads[name] = Asked(load, *spent)
    return loads


@asynccontextmanager
async def _askers(plan: DiscoveryPlan, folder: DomainFolder) -> AsyncIterator[list[SearchClient]]:
    settings = load_settings(folder.settings)
    clients: list[SearchClient] = []
    async with AsyncExitStack() as stack:
        for number in range(plan.connections):
            home = Home(await resident(folder, f"asker-{number}", ()))
            endpoint = await stack.enter_async_context(Endpoint.open(home.load(settings)))
            registry = RegistryClient(endpoint)
            endpoint.use_directory(registry)
            clients.append(SearchClient(registry, endpoint.party.clock))
        yield clients


def _stage(asked: Asked) -> dict[str, object]:
    load, answers = asked.load, max(1, asked.load.received)
    return {
        "registry_us_per_answer": round(asked.registry_s / answers * 1e6, 1),
        "askers_us_per_answer": round(asked.askers_s / answers * 1e6, 1),
        "rate_per_s": round(load.rate, 1),
        "latency_us": percentiles(load.latencies),
        "sent": load.sent,
        "received": load.received,
        "errors": load.errors,
    }
