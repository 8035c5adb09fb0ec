"""Scenario `synchronisation`: a domain with many agents gets a new peer, which has to learn of them all; and
how long the peer's registry lets others wait meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from overlay.bench.filling import keep, profiles
from overlay.bench.memory import registry_memory
from overlay.bench.processes import processor_s
from overlay.bench.result import Load, Result, percentiles, result
from overlay.clock import DAY_S, system_clock
from overlay.domain.config import load_config
from overlay.domain.federation import link_all, throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.root_files import RootFiles
from overlay.errors import TimedOut
from overlay.naming.ids import REGISTRY, PartyId
from overlay.registry.record import Presence, Record
from overlay.transport.address import BrokerKind
from overlay.trust.attributes import Attributes
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer
from overlay.trust.keycard import make_card
from overlay.trust.keys import SealingKey, SigningKey
from overlay.trust.serials import serial_text

_FULL, _NEW = "a.example", "b.example"
_LOOK_S = 0.05
_LIMIT_S = 600.0
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SynchronisationPlan:
    """`brokers`: of the domain with agents, and of its new peer."""

    brokers: tuple[BrokerKind, BrokerKind]
    agents: int


@dataclass(slots=True)
class _Seen:
    load: Load = field(default_factory=Load)
    first_s: float = 0.0
    online_s: float = 0.0


async def bench_synchronisation(plan: SynchronisationPlan, tell: Tell) -> Result:
    """Measure."""
    sizes: list[int] = []

    async def prepare(folder: DomainFolder) -> None:
        if load_config(folder.config).domain == _FULL:
            tell(f"making {plan.agents} agents with certificates, cards and entries")
            sizes.append(await _fill(folder, plan.agents))

    domains = list(zip((_FULL, _NEW), plan.brokers, strict=True))
    async with throwaway(domains, prepare, linked=False) as (full, new):
        before, parts = registry_memory(new), _parts(full, new)
        async with operator(new) as hand:
            tell("they become peers")
            seen = await _watch(hand, full, new, plan.agents)
        busy = {"registry_bytes_before": before, "registry_bytes_after": registry_memory(new)}
        spent: dict[str, object] = {
            name: round(now - parts[name], 2) for name, now in _parts(full, new).items()
        }
    stages: dict[str, dict[str, object]] = {
        "peer": {
            "linked_s": round(seen.online_s, 3),
            "first_agents_s": round(seen.first_s, 3),
            "all_agents_s": round(seen.load.seconds, 3),
            **busy,
        },
        "questions_meanwhile": {"count": len(seen.load.latencies), **percentiles(seen.load.latencies)},
        "processor_s": spent,
        "records": {"bytes_each": round(sizes[0] / plan.agents)},
    }
    parameters: dict[str, object] = {"brokers": [str(one) for one in plan.brokers], "agents": plan.agents}
    seen.load.sent = plan.agents
    return replace(result("synchronisation", parameters, seen.load, stages=stages), lost=0)


def _parts(full: DomainFolder, new: DomainFolder) -> dict[str, float]:
    """Seconds of a processor that those spent that have to do with it."""
    domains = {"full": full, "new": new}
    return {
        f"{name}_{part}": processor_s(folder, part)
        for name, folder in domains.items()
        for part in (REGISTRY, "gateway")
    }


async def _watch(hand: Operator, full: DomainFolder, new: DomainFolder, agents: int) -> _Seen:
    """From peering until all are known; each look is a question to a registry that learns."""
    seen, begin = _Seen(), time.perf_counter()
    linking = asyncio.create_task(link_all((full, new)))
    try:
        async with asyncio.timeout(_LIMIT_S):
            while seen.load.received < agents:
                await asyncio.sleep(_LOOK_S)
                asked = time.perf_counter()
                peers = await hand.peers.all()
                now = time.perf_counter()
                seen.load.latencies.append(now - asked)
                if peers:
                    seen.load.received = peers[0].agents
                    seen.online_s = seen.online_s or (now - begin if peers[0].online else 0.0)
                    seen.first_s = seen.first_s or (now - begin if peers[0].agents else 0.0)
        seen.load.seconds = time.perf_counter() - begin
    except TimeoutError as error:
        known = seen.load.received
        raise TimedOut(f"{_NEW} knew {known} of {agents} agents after {_LIMIT_S:g} s") from error
    finally:
        await linking
    return seen


async def _fill(folder: DomainFolder, count: int) -> int:
    (issuer, *_) = RootFiles(folder).load()
    return await keep(folder, _records(issuer, load_config(folder.config).domain, count))


def _records(issuer: Issuer, domain: str, count: int) -> Iterator[Record]:
    now = system_clock()
    for name, profile in profiles(count):
        party, key = PartyId(name, domain), SigningKey.generate()
        skills = Attributes(tuple(skill.id for skill in profile.skills))
        made = issuer.issue(key.public, party, Role.AGENT, 30 * DAY_S, now, attributes=skills)
        owner = Credentials(made, key, (SealingKey.generate(),), (issuer.root,))
        serial = serial_text(made.serial_number)
        card = make_card(owner, now)
        yield Record(str(party), profile, card, serial, Presence.ONLINE, secrets.token_hex(16), now, now, 0)
