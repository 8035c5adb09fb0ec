"""`overlay bench flood`: more than can be carried, and what it does to memory."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.flood import FloodPlan, bench_flood
from overlay.cli.bench_showing import tell, two_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run


def flood(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: the sender's domain's, the receiver's.")
    ] = "nats,nats",
    seconds: Annotated[float, typer.Option(help="How long.", min=0.5, max=3600)] = 60,
    senders: Annotated[int, typer.Option(help="Messages being stored at a time.", min=1, max=4096)] = 256,
    size: Annotated[int, typer.Option(help="Bytes of a message.", min=16, max=65536)] = 300,
    slow: Annotated[
        float, typer.Option(help="Seconds that the receiver takes for each message.", min=0, max=60)
    ] = 0,
    json: Json = False,
) -> None:
    """Reliable messages to another domain, faster than they are handled: what was accepted, what was refused,
    what was lost of what was accepted, and how much memory each process took at most.
    """
    kinds = two_kinds(brokers, "that of the sender's domain, and that of the receiver's")
    found = run(bench_flood(FloodPlan(kinds, seconds, senders, size, slow), tell))
    if json:
        show_json(found.as_dict())
        return
    rows = [
        (name, one["before_mib"], one["most_mib"])
        for name, one in found.stages["memory"].items()
        if isinstance(one, dict)
    ]
    show_table(("process", "MiB before", "MiB at most"), rows, "")
    say(
        f"{found.rate_per_s:g} a second accepted, {found.errors} refused, {found.lost} lost, "
        f"{found.duplicates} handled twice"
    )
