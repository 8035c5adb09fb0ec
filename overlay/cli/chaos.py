"""`overlay chaos`: break a throw-away federation, and see what becomes of its messages."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from overlay.chaos.report import Report
from overlay.chaos.run import run_chaos
from overlay.chaos.scenarios import SCENARIOS, make_plan
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run
from overlay.errors import BadInput

app = typer.Typer(help="Break a federation under load, and judge.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def chaos(
    context: typer.Context,
    scenario: Annotated[str, typer.Option(help="What is broken: `overlay chaos list`.")] = "",
    brokers: Annotated[
        str, typer.Option(help="Of two or three domains: nats, rabbitmq, with a comma.")
    ] = "nats,nats",
    seconds: Annotated[float, typer.Option(help="How long messages are sent.", min=5, max=86400)] = 30,
    seed: Annotated[int, typer.Option(help="Of what is by chance; 0: draw one, and say it.", min=0)] = 0,
    rate: Annotated[float, typer.Option(help="Messages a second, all senders together.", min=1)] = 100,
    row: Annotated[
        bool, typer.Option("--row", help="Link the domains only with the one in the middle, their parent.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="A folder to leave all records and logs in.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Break a throw-away federation under load. Exit code 1 if a message was lost, came twice, out of order
    or to the wrong one.
    """
    if context.invoked_subcommand is not None:
        return
    if not scenario:
        raise BadInput("name a --scenario: `overlay chaos list` names them all")
    kinds = broker_kinds(brokers, most=3)
    kinds = kinds if len(kinds) > 1 else kinds * 2
    drawn = seed or secrets.randbelow(10**6) + 1
    plan = make_plan(scenario, seed=drawn, seconds=seconds, rate=rate, domains=len(kinds), row=row)
    found = run(run_chaos(plan, kinds, _tell, keep))
    if json:
        show_json(found.as_dict())
    else:
        _show(found)
    if not found.good:
        raise SystemExit(1)


@app.command("list")
def names(json: Json = False) -> None:
    """All scenarios."""
    about = {name: scenario.about for name, scenario in SCENARIOS.items()}
    if json:
        show_json({"scenarios": about})
    else:
        show_table(("scenario", "what is done"), list(about.items()), "")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def _show(found: Report) -> None:
    show_table(
        ("at s", "fault", "domain", "for s", "recovery s", "asking s"), found.fault_rows(), "nothing was done"
    )
    for text in found.notes():
        say(text)
    say()
    show_table(("", ""), found.rows(), "")
    for fault, examples in found.verdict.examples.items():
        for example in examples:
            say(f"{fault}: {example}")
    for text in found.failed:
        say(text)
