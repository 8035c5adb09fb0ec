"""`overlay bench failover`: what users notice when processes of gateways restart in turn, or die."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.failover import FailoverPlan, bench_failover
from overlay.cli.bench_showing import show_stages, tell, two_kinds
from overlay.cli.options import Json
from overlay.cli.running import run


def failover(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: the senders', the receiver's.")
    ] = "nats,nats",
    processes: Annotated[int, typer.Option(help="Of each gateway.", min=1, max=4)] = 2,
    senders: Annotated[int, typer.Option(help="Agents that send.", min=1, max=100)] = 4,
    rate: Annotated[float, typer.Option(help="Messages a second of each.", min=0.1, max=10_000)] = 20,
    seconds: Annotated[float, typer.Option(help="How long a stage lasts at least.", min=1, max=3600)] = 15,
    json: Json = False,
) -> None:
    """Reliable messages between two domains, whose gateways restart in turn and are killed meanwhile: the
    longest pause without any arrival, what is lost, and what comes twice.
    """
    kinds = two_kinds(brokers, "that of the senders' domain, and that of the receiver's")
    found = run(bench_failover(FailoverPlan(kinds, processes, senders, rate, seconds), tell))
    show_stages(found, f"{found.sent} sent, {found.lost} lost, {found.duplicates} twice", json=json)
