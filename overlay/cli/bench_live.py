"""`overlay bench live`: a live stream beside a flood."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.bench.live import LivePlan, bench_live
from overlay.cli.bench_showing import tell, two_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run


def live(
    brokers: Annotated[
        str, typer.Option(help="Two kinds of broker, with a comma: the sender's domain's, the receiver's.")
    ] = "nats,nats",
    seconds: Annotated[float, typer.Option(help="How long each part lasts.", min=0.5, max=3600)] = 5,
    rate: Annotated[float, typer.Option(help="Frames a second.", min=0.1, max=2000)] = 50,
    size: Annotated[int, typer.Option(help="Bytes of a frame.", min=16, max=65536)] = 160,
    late: Annotated[int, typer.Option(help="Milliseconds that a frame may be late.", min=1, max=60000)] = 200,
    flood: Annotated[
        int, typer.Option(help="Bulk messages under way beside it, of 4 KiB each.", min=1, max=4096)
    ] = 64,
    json: Json = False,
) -> None:
    """A stream to another domain: alone, then beside as much bulk as goes through; how many frames came, how
    many were too late, and how long they took.
    """
    kinds = two_kinds(brokers, "that of the sender's domain, and that of the receiver's")
    found = run(bench_live(LivePlan(kinds, seconds, rate, size, late, flood), tell))
    if json:
        show_json(found.as_dict())
        return
    for name, stage in found.stages.items():
        say(f"{name}: " + ", ".join(f"{what} {value}" for what, value in stage.items()))
