"""Scenario `ask`: questions and answers in a domain or across two, beside the bare client in the same run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from overlay.agent.agent import Agent
from overlay.bench.load import Ask, closed_loop
from overlay.bench.raw_nats import raw_echo
from overlay.bench.result import Load, Result, result
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_SKILL = "bench.echo"
_NAMES = ("a.example", "b.example")
_SLICES = 4
_WARM_S = 0.5


@dataclass(frozen=True, slots=True)
class AskPlan:
    """What to measure. One broker: inside a domain; two: across. `seconds` for each of the two sides."""

    brokers: tuple[BrokerKind, ...]
    size: int
    askers: int
    seconds: float
    timeout_s: float = 10.0


async def bench_ask(plan: AskPlan, tell: Callable[[str], None]) -> Result:
    """Measure; overlay and bare client take turns, so that both see the same machine."""
    tell(
        "starting " + ", ".join(f"{name} on {kind}" for name, kind in zip(_NAMES, plan.brokers, strict=False))
    )
    async with (
        throwaway(list(zip(_NAMES, plan.brokers, strict=False))) as folders,
        _overlay_echo(folders, plan) as ask,
        raw_echo(folders[0], bytes(plan.size), plan.timeout_s) as raw,
    ):
        return await _measure(plan, ask, raw, tell)


async def _measure(plan: AskPlan, ask: Ask, raw: Ask, tell: Callable[[str], None]) -> Result:
    overlay, bare = Load(), Load()
    for one in (ask, raw):
        await closed_loop(one, askers=plan.askers, seconds=_WARM_S)
    for turn in range(_SLICES):
        tell(f"measuring, part {turn + 1} of {_SLICES}")
        seconds = plan.seconds / _SLICES
        overlay.add(await closed_loop(ask, askers=plan.askers, seconds=seconds))
        bare.add(await closed_loop(raw, askers=plan.askers, seconds=seconds))
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "size": plan.size,
        "concurrency": plan.askers,
        "seconds": plan.seconds,
    }
    return result("ask", parameters, overlay, bare)


@asynccontextmanager
async def _overlay_echo(folders: list[DomainFolder], plan: AskPlan) -> AsyncIterator[Ask]:
    settings = load_settings(folders[0].settings)
    home = await resident(folders[-1], "echo", (_SKILL,))
    echo = Agent(home, settings=settings, access=(_NAMES[0],))

    @echo.serves(_SKILL)
    async def answer(message: Message) -> bytes:
        return message.body

    body = bytes(plan.size)
    async with echo, Agent(await resident(folders[0], "asker", ()), settings=settings) as asker:
        to = echo.id

        async def ask() -> None:
            await asker.ask(to, body, skill=_SKILL, timeout_s=plan.timeout_s)

        yield ask
