"""`overlay bench relay`: measure what two gateways carry between two domains."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from overlay.bench.ask import AskPlan, bench_ask
from overlay.bench.relay import RelayPlan, bench_relay
from overlay.bench.result import Result
from overlay.cli.bench_showing import tell, two_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run


def relay(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: the sender's domain's, the receiver's.")
    ] = "nats,nats",
    size: Annotated[int, typer.Option(help="Bytes of a message.", min=16, max=65536)] = 300,
    seconds: Annotated[float, typer.Option(help="How long each side is measured.", min=0.5, max=3600)] = 10,
    window: Annotated[int, typer.Option(help="Messages under way, at most.", min=1, max=4096)] = 2048,
    reliable: Annotated[bool, typer.Option("--reliable", help="Stored messages.")] = False,
    at_once: Annotated[
        int, typer.Option(help="Reliable messages that a sender stores at a time.", min=1, max=1024)
    ] = 128,
    ask: Annotated[bool, typer.Option("--ask", help="Questions and answers instead, one at a time.")] = False,
    json: Json = False,
) -> None:
    """One-way messages through two gateways, with everything on; beside the brokers' usual Python clients
    that subscribe on one broker and publish on the other.
    """
    kinds = two_kinds(brokers, "that of the sender's domain, and that of the receiver's")
    if ask:
        asked = run(bench_ask(AskPlan(kinds, size, 1, seconds), tell))
        found = replace(asked, scenario="relay", parameters={**asked.parameters, "ask": True})
    else:
        found = run(bench_relay(RelayPlan(kinds, size, seconds, window, reliable, at_once), tell))
    if json:
        show_json(found.as_dict())
    else:
        _show(found)


def _show(found: Result) -> None:
    rows = [
        ("overlay", found.rate_per_s, *(found.latency_us[key] for key in ("p50", "p99", "p999"))),
        (
            "bare clients",
            found.baseline_per_s,
            *(found.baseline_latency_us[key] for key in ("p50", "p99", "p999")),
        ),
    ]
    show_table(("", "per second", "p50 µs", "p99 µs", "p999 µs"), rows, "")
    for whose in ("processor_us", "baseline_processor_us"):
        spent = found.stages.get(whose, {})
        if spent:
            say(f"{whose}: " + ", ".join(f"{name} {each}" for name, each in spent.items()))
    say(
        f"ratio {found.ratio}; {found.sent} sent, {found.received} received, {found.lost} lost, "
        f"{found.duplicates} twice, {found.misordered} out of order, {found.errors} errors"
    )
