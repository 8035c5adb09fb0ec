"""Scenario `revocation`: how long after it an agent has lost everything, and how soon it can be back."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from overlay.agent.membership import join
from overlay.agent.reclaiming import reclaim
from overlay.bench.result import Load, Result, percentiles, result
from overlay.bench.revocation_stages import Border, Observer, Victim, border_of, until
from overlay.ca.applications.join_token import parse_token
from overlay.ca.protocol import MakeToken, Reason
from overlay.ca.revocation.protocol import Restore
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.residents import resident
from overlay.endpoint.home import Home
from overlay.errors import Failed
from overlay.naming.ids import GATEWAY
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind
from overlay.trust.keyring import Keyring

STAGES = ("connection_closed", "publish_refused", "registry_gone", "peer_refuses")
_NAMES = ("a.example", "b.example")
_JOIN_AT_ONCE = 4

Tell = Callable[[str], None]
Revoke = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RevocationPlan:
    """`brokers`: of the agent's domain and of the peer. `count` agents are revoked over a connection of the
    operator that is open already, `commands` by `overlay ca revoke` with all that it takes to start; the last
    `recoveries` of the former are brought back.
    """

    brokers: tuple[BrokerKind, BrokerKind]
    count: int
    commands: int = 5
    recoveries: int = 10
    limit_s: float = 30.0


@dataclass
class _Times:
    """Of one way of revoking: seconds for each stage."""

    stages: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STAGES})
    slowest: list[float] = field(default_factory=list)
    errors: int = 0

    def as_dict(self) -> dict[str, dict[str, object]]:
        return {name: _figures(seconds) for name, seconds in self.stages.items()}


async def bench_revocation(plan: RevocationPlan, tell: Tell) -> Result:
    """Measure, one agent after the other."""
    tell(f"starting {_NAMES[0]} on {plan.brokers[0]}, {_NAMES[1]} on {plan.brokers[1]}")
    async with throwaway(list(zip(_NAMES, plan.brokers, strict=True))) as folders:
        return await _Bench(plan, folders, tell).run()


class _Bench:
    def __init__(self, plan: RevocationPlan, folders: list[DomainFolder], tell: Tell) -> None:
        self._plan = plan
        self._here, self._there = folders
        self._tell = tell
        self._settings = load_settings(self._here.settings)
        self._recovered: list[float] = []

    async def run(self) -> Result:
        plan = self._plan
        names = [f"agent-{number}" for number in range(plan.count + plan.commands)]
        self._tell(f"{len(names)} agents join")
        await self._join(names)
        asked, commanded = _Times(), _Times()
        begin = time.perf_counter()
        async with self._observed() as (hand, near, border):
            for name in names[: plan.count]:
                await self._measure(name, _asking(hand), asked, near, border)
                self._count(len(asked.slowest) + asked.errors)
            for name in names[plan.count :]:
                await self._measure(name, self._command, commanded, near, border)
            for name in names[max(0, plan.count - plan.recoveries) : plan.count]:
                await self._recover(hand, name, border.receiver)
        return self._result(asked, commanded, time.perf_counter() - begin)

    @asynccontextmanager
    async def _observed(self) -> AsyncIterator[tuple[Operator, Observer, Border]]:
        near, far = [
            Home(await resident(folder, "observer", ())).load(load_settings(folder.settings))
            for folder in (self._here, self._there)
        ]
        gateway = Home(self._there.service(GATEWAY)).load(load_settings(self._there.settings))
        async with (
            operator(self._here) as hand,
            Observer.present(near) as here,
            Observer.present(far) as there,
            border_of(gateway, there) as border,
        ):
            yield hand, here, border

    async def _join(self, names: list[str]) -> None:
        room = asyncio.Semaphore(_JOIN_AT_ONCE)

        async def one(hand: Operator, name: str) -> None:
            async with room:
                token = await hand.ca.token(MakeToken(name))
                await join(Home(self._here.agent(name)), parse_token(token), self._settings)

        async with operator(self._here) as hand, asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(hand, name))

    async def _measure(
        self, name: str, revoke: Revoke, times: _Times, near: Observer, border: Border
    ) -> None:
        party = Home(self._here.agent(name)).load(self._settings)
        there = border.receiver
        async with Victim.present(party, _impatient(self._settings)) as victim:
            trust = party.trust_store()  # that hears of no revocation: it goes on as if nothing was
            trust.add(there.endpoint.trust.bundle(there.endpoint.me.domain))
            sealing = Keyring(party.credentials, trust, party.clock, self._settings)
            async with asyncio.timeout(self._plan.limit_s):
                await until(lambda: there.knows(party.id, victim.serial))
                while await border.refuses(party, sealing):
                    await asyncio.sleep(0.1)

            async def peer() -> float:
                gone = await until(lambda: _not(there.knows(party.id)))
                return max(gone, await until(lambda: border.refuses(party, sealing)))

            await self._stages(
                name,
                revoke,
                times,
                {
                    "connection_closed": victim.is_closed,
                    "publish_refused": victim.is_refused,
                    "registry_gone": lambda: until(lambda: _not(near.knows(party.id))),
                    "peer_refuses": peer,
                },
            )

    async def _stages(
        self, name: str, revoke: Revoke, times: _Times, stages: dict[str, Callable[[], Awaitable[float]]]
    ) -> None:
        begin = time.perf_counter()
        command = asyncio.ensure_future(revoke(name))
        waiting = {stage: asyncio.ensure_future(seen()) for stage, seen in stages.items()}
        _, late = await asyncio.wait((command, *waiting.values()), timeout=self._plan.limit_s)
        if late or any(task.exception() for task in waiting.values()):
            times.errors += 1
            for task in late:
                task.cancel()
            await asyncio.gather(command, *waiting.values(), return_exceptions=True)
            return
        await command
        took = {stage: task.result() - begin for stage, task in waiting.items()}
        for stage, seconds in took.items():
            times.stages[stage].append(seconds)
        times.slowest.append(max(took.values()))

    async def _command(self, name: str) -> None:
        words = ("-m", "overlay.cli.main", "ca", "revoke", name, "--home", str(self._here.path))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdout=asyncio.subprocess.DEVNULL
        )
        if await process.wait():
            raise Failed(f"`overlay ca revoke {name}` ended with {process.returncode}")

    async def _recover(self, hand: Operator, name: str, there: Observer) -> None:
        home = Home(self._here.agent(name))
        begin = time.perf_counter()
        made = await hand.ca.restore(Restore(name))
        await reclaim(home, made.text, self._settings)
        party = home.load(self._settings)
        async with asyncio.timeout(self._plan.limit_s):
            async with Victim.present(party, self._settings) as victim:
                seen = await until(lambda: there.knows(party.id, victim.serial))
        self._recovered.append(seen - begin)

    def _count(self, done: int) -> None:
        if done % 10 == 0:
            self._tell(f"{done} of {self._plan.count} revoked")

    def _result(self, asked: _Times, commanded: _Times, seconds: float) -> Result:
        load = Load(asked.slowest, seconds, self._plan.count, len(asked.slowest), asked.errors)
        parameters: dict[str, object] = {
            "brokers": [str(kind) for kind in self._plan.brokers],
            "count": self._plan.count,
            "commands": self._plan.commands,
            "from": "the question to the CA",
        }
        stages = asked.as_dict()
        for stage, figures in commanded.as_dict().items():
            stages[f"{stage}_from_command"] = figures
        stages["recovery"] = _figures(self._recovered)
        return result("revocation", parameters, load, stages=stages)


def _asking(hand: Operator) -> Revoke:
    async def revoke(name: str) -> None:
        await hand.ca.revoke(Reason.WITHDRAWN, name=name)

    return revoke


async def _not(condition: Awaitable[bool]) -> bool:
    return not await condition


def _impatient(settings: Settings) -> Settings:
    """One who is shut out gives up soon: nobody waits for that here."""
    return settings.model_copy(update={"reconnect_limit_s": 0.5, "drain_timeout_s": 0.5})


def _figures(seconds: list[float]) -> dict[str, object]:
    """In microseconds."""
    longest = round(max(seconds, default=0.0) * 1e6, 1)
    return {**percentiles(seconds), "max": longest, "count": len(seconds)}
