"""`overlay bench registration`, `discovery`, `synchronisation` and `replicas`: measure the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.discovery import DiscoveryPlan, bench_discovery
from overlay.bench.registration import RegistrationPlan, bench_registration
from overlay.bench.replicas import ReplicasPlan, bench_replicas
from overlay.bench.synchronisation import SynchronisationPlan, bench_synchronisation
from overlay.cli.bench_showing import show_stages, tell, two_kinds
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run


def registration(
    broker: Annotated[str, typer.Option(help="The kind of broker: nats or rabbitmq.")] = "nats",
    agents: Annotated[
        int, typer.Option(help="Entries that the registry has when it begins.", min=0, max=1_000_000)
    ] = 10_000,
    at_once: Annotated[
        int, typer.Option(help="Agents that are connected, and register at once.", min=1, max=2000)
    ] = 100,
    seconds: Annotated[float, typer.Option(help="How long each stage is measured.", min=0.5, max=3600)] = 5,
    json: Json = False,
) -> None:
    """A storm of registrations at a registry that knows many agents; then changes, then heartbeats."""
    (kind,) = broker_kinds(broker, most=1)
    found = run(bench_registration(RegistrationPlan(kind, agents, at_once, seconds), tell))
    show_stages(found, f"{found.received} registered, {found.lost} lost, {found.errors} errors", json=json)


def discovery(
    broker: Annotated[str, typer.Option(help="The kind of broker: nats or rabbitmq.")] = "nats",
    agents: Annotated[
        int, typer.Option(help="Agents that the registry knows.", min=1, max=1_000_000)
    ] = 10_000,
    connections: Annotated[int, typer.Option(help="Agents that ask.", min=1, max=1000)] = 4,
    concurrency: Annotated[int, typer.Option(help="Questions at once.", min=1, max=10_000)] = 32,
    seconds: Annotated[float, typer.Option(help="How long each stage is measured.", min=0.5, max=3600)] = 5,
    json: Json = False,
) -> None:
    """Structured and semantic questions: inside the registry's process, and over a broker."""
    (kind,) = broker_kinds(broker, most=1)
    plan = DiscoveryPlan(kind, agents, connections, concurrency, seconds)
    found = run(bench_discovery(plan, tell))
    show_stages(
        found, f"{found.rate_per_s} answers a second, {found.lost} lost, {found.errors} errors", json=json
    )


def synchronisation(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: of the full domain, of its new peer.")
    ] = "nats,nats",
    agents: Annotated[int, typer.Option(help="Agents that there are.", min=1, max=20_000)] = 10_000,
    json: Json = False,
) -> None:
    """How long a new peer takes to learn of all agents, and how long others wait for its registry then."""
    kinds = two_kinds(brokers, "the domain's with agents, and the peer's")
    found = run(bench_synchronisation(SynchronisationPlan(kinds, agents), tell))
    show_stages(found, f"{found.received} agents known, {found.rate_per_s} a second", json=json)


def replicas(
    replicas: Annotated[int, typer.Option(help="Processes of the registry.", min=1, max=4)] = 3,
    agents: Annotated[int, typer.Option(help="Agents that keep them busy.", min=1, max=1000)] = 20,
    seconds: Annotated[float, typer.Option(help="How long each stage is measured.", min=1, max=3600)] = 10,
    json: Json = False,
) -> None:
    """Registrations, heartbeats and searches, while processes of the registry are killed one by one."""
    found = run(bench_replicas(ReplicasPlan(replicas, agents, seconds), tell))
    if json:
        show_json(found.as_dict())
        return
    columns = ("rate_per_s", "errors", "slow", "slowest_s", "back_s")
    rows = [("nothing killed", str(found.rate_per_s), str(found.errors), "", "", "")]
    for name, stage in found.stages.items():
        rate, errors, slow, slowest, back = (str(stage[key]) for key in columns)
        rows.append((name, rate, errors, slow, slowest, back))
    show_table(("", "per second", "failed", "over 1 s", "slowest s", "back after s"), rows, "")
    say(f"{found.lost} lost, {found.duplicates} entries made twice")
