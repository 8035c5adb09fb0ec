"""`overlay bench fanout`: measure what reaches the members of a channel."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.fanout import FanoutPlan, bench_fanout
from overlay.bench.result import Result
from overlay.cli.bench_showing import tell
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run
from overlay.errors import BadInput

_MOST = 1000


def fanout(
    brokers: Annotated[str, typer.Option(help="The kind of broker: nats or rabbitmq.")] = "nats",
    members: Annotated[str, typer.Option(help="How many read, with commas.")] = "1,10,100",
    size: Annotated[int, typer.Option(help="Bytes of a publication.", min=16, max=65536)] = 300,
    seconds: Annotated[
        float, typer.Option(help="How long each number of members is measured, on each side.", min=0.5)
    ] = 5,
    window: Annotated[int, typer.Option(help="Publications under way, at most.", min=1, max=1024)] = 256,
    reliable: Annotated[bool, typer.Option("--reliable", help="Stored publications.")] = False,
    signed: Annotated[bool, typer.Option("--signed", help="In a signed channel.")] = False,
    at_once: Annotated[
        int, typer.Option(help="How many the publisher hands over side by side; 0: 1, or 128 if reliable.")
    ] = 0,
    takers: Annotated[int, typer.Option(help="Processes that hold the members.", min=1, max=16)] = 2,
    json: Json = False,
) -> None:
    """One agent publishes in a channel inside one domain, members with a connection each read it; beside the
    brokers' usual Python clients over the same mutual TLS.
    """
    (kind,) = broker_kinds(brokers, most=1)
    plan = FanoutPlan(
        broker=kind,
        members=_counts(members),
        size=size,
        seconds=seconds,
        window=window,
        reliable=reliable,
        signed=signed,
        at_once=at_once or (128 if reliable else 1),
        takers=takers,
    )
    found = run(bench_fanout(plan, tell))
    if json:
        show_json(found.as_dict())
    else:
        _show(found)


def _counts(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and 1 <= int(word) <= _MOST for word in words):
        raise BadInput(f"{text!r} are no numbers of members: name some from 1 to {_MOST} (1,10,100)")
    return tuple(int(word) for word in words)


def _show(found: Result) -> None:
    rows = []
    for members, stage in found.stages.items():
        bare = stage["baseline"]
        assert isinstance(bare, dict)
        for who, one in (("channel", stage), ("bare clients", bare)):
            idle = one["one_at_a_time_us"]
            assert isinstance(idle, dict)
            figures = (one["publications_per_s"], one["deliveries_per_s"], idle["p50"], idle["p99"])
            rows.append((members, who, *figures, stage["ratio"] if who == "channel" else ""))
    columns = ("members", "", "publications/s", "deliveries/s", "one alone p50 µs", "p99 µs", "ratio")
    show_table(columns, rows, "")
    say(
        f"{found.parameters['processes']}; the last: {found.lost} lost, {found.duplicates} twice, "
        f"{found.misordered} out of order, {found.errors} errors"
    )
