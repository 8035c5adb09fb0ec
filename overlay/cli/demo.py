"""`overlay demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import printable, say, show_json, show_table
from overlay.cli.running import run
from overlay.demo.complaints import own_complaints, read_complaints
from overlay.demo.run import DemoPlan, run_demo
from overlay.demo.story import COLUMNS, Account
from overlay.settings import load_settings

HONEST = "The messages are real, over two brokers with mutual TLS; lines, customers and visits are simulated."


def demo(
    complaints: Annotated[
        Path | None, typer.Option(help="A CSV file with a column 'complaint'; else a few of our own.")
    ] = None,
    brokers: Annotated[
        str, typer.Option(help="Of the two domains: nats, rabbitmq; or one for both.")
    ] = "nats,nats",
    limit: Annotated[int, typer.Option(help="At most so many complaints; 0: all.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, another simulated world.")] = 1,
    json: Json = False,
) -> None:
    """Thirteen agents of two organisations diagnose faults of home broadband, over real brokers."""
    kinds = broker_kinds(brokers, most=2)
    most_bytes = load_settings().demo_file_bytes
    given = own_complaints() if complaints is None else read_complaints(complaints, most_bytes)
    plan = DemoPlan(given[: limit or None], (kinds[0], kinds[-1]), seed)
    if json:
        account = run(run_demo(plan, _nothing))
        show_json(account.as_dict())
    else:
        say(HONEST)
        account = run(run_demo(plan, lambda line: say(printable(line))))
        _show(account)
    if account.failed:
        raise SystemExit(1)


def _show(account: Account) -> None:
    say()
    show_table(COLUMNS, [case.row() for case in account.cases], "no complaints")
    say()
    say(account.summary())
    say(account.last_line())


def _nothing(_: str) -> None:
    """Scripts want one object, and nothing before it."""
