"""`overlay bench`: measure on a throw-away federation."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.admission import AdmissionPlan, bench_admission
from overlay.bench.ask import AskPlan, bench_ask
from overlay.bench.revocation import RevocationPlan, bench_revocation
from overlay.bench.sealing import SealingPlan, bench_sealing
from overlay.cli.bench_failover import failover
from overlay.cli.bench_fanout import fanout
from overlay.cli.bench_file import file
from overlay.cli.bench_flood import flood
from overlay.cli.bench_live import live
from overlay.cli.bench_registry import discovery, registration, replicas, synchronisation
from overlay.cli.bench_relay import relay
from overlay.cli.bench_showing import show_stages, tell, two_kinds
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run
from overlay.errors import TooLarge
from overlay.settings import load_settings

app = typer.Typer(help="Measure, beside the bare broker.", rich_markup_mode=None)


@app.callback()
def _scenarios() -> None:
    """Measure what the overlay carries, beside the bare broker in the same run."""


for _one in (failover, fanout, file, flood, relay, replicas, registration, synchronisation, discovery, live):
    app.command()(_one)


@app.command()
def ask(
    brokers: Annotated[
        str, typer.Option(help="One broker: inside a domain; two, with a comma: across domains.")
    ] = "nats",
    size: Annotated[int, typer.Option(help="Bytes of a question, and of its answer.", min=0)] = 300,
    concurrency: Annotated[int, typer.Option(help="Questions at once.", min=1, max=10000)] = 1,
    seconds: Annotated[float, typer.Option(help="How long each side is measured.", min=0.5, max=3600)] = 5,
    json: Json = False,
) -> None:
    """Questions and answers, sealed, over mutual TLS; beside nats-py's own request and reply."""
    _check_size(size)
    plan = AskPlan(broker_kinds(brokers, most=2), size, concurrency, seconds)
    found = run(bench_ask(plan, tell))
    if json:
        show_json(found.as_dict())
        return
    rows = [
        ("overlay", found.rate_per_s, *(found.latency_us[key] for key in ("p50", "p99", "p999"))),
        (
            "bare nats-py",
            found.baseline_per_s,
            *(found.baseline_latency_us[key] for key in ("p50", "p99", "p999")),
        ),
    ]
    show_table(("", "per second", "p50 µs", "p99 µs", "p999 µs"), rows, "")
    say(f"ratio {found.ratio}; {found.sent} asked, {found.received} answered, {found.errors} errors")


@app.command()
def admission(
    brokers: Annotated[str, typer.Option(help="The kind of broker: nats or rabbitmq.")] = "nats",
    concurrency: Annotated[int, typer.Option(help="Logins at once.", min=1, max=1000)] = 16,
    seconds: Annotated[float, typer.Option(help="How long each stage is measured.", min=0.5, max=3600)] = 6,
    json: Json = False,
) -> None:
    """Logins over mutual TLS with all checks, with one door and two, and while one is killed; beside a bare
    client at a broker that asks nobody.
    """
    (kind,) = broker_kinds(brokers, most=1)
    found = run(bench_admission(AdmissionPlan(kind, concurrency, seconds), tell))
    if json:
        show_json(found.as_dict())
        return
    rows = [(name, stage["rate_per_s"], stage["errors"]) for name, stage in found.stages.items()]
    show_table(("doors", "logins per second", "refused"), [*rows, ("bare", found.baseline_per_s, 0)], "")
    say(f"ratio {found.ratio}")


@app.command()
def sealing(
    brokers: Annotated[str, typer.Option(help="One kind of broker or two, with a comma.")] = "nats",
    size: Annotated[int, typer.Option(help="Bytes of a message.", min=0)] = 300,
    seconds: Annotated[float, typer.Option(help="How long each side is measured.", min=0.5, max=3600)] = 6,
    json: Json = False,
) -> None:
    """What end-to-end sealing costs: messages one way, sealed and not, and processor time for each."""
    _check_size(size)
    found = run(bench_sealing(SealingPlan(broker_kinds(brokers, most=2), size, seconds), tell))
    show_stages(found, json=json)


@app.command()
def revocation(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: the agent's domain's, the peer's.")
    ] = "nats,nats",
    count: Annotated[int, typer.Option(help="Agents that are revoked.", min=1, max=10000)] = 50,
    commands: Annotated[
        int, typer.Option(help="More of them, each by a command of its own, from its start.", min=0, max=1000)
    ] = 5,
    json: Json = False,
) -> None:
    """How long after a revocation the agent has lost its connection, its entry, and a peer's trust."""
    kinds = two_kinds(brokers, "that of the agent's domain, and that of the peer")
    found = run(bench_revocation(RevocationPlan(kinds, count, commands), tell))
    if json:
        show_json(found.as_dict())
        return
    rows = [(name, *(str(one[key]) for key in ("p50", "p99", "max"))) for name, one in found.stages.items()]
    show_table(("stage", "p50 µs", "p99 µs", "max µs"), rows, "")
    say(f"{found.received} revoked and shut out, {found.errors} errors")


def _check_size(size: int) -> None:
    limit = load_settings().max_body_bytes
    if size > limit:
        raise TooLarge(f"{size} bytes are over the limit of {limit} (OVERLAY_MAX_BODY_BYTES)")
