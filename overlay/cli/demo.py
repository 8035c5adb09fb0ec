"""`overlay demo`."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from examples.diagnosis.complaints import DIAGNOSIS
from examples.installation.orders import INSTALLATION
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.printing import printable, say, show_json, show_table
from overlay.cli.running import run
from overlay.demo.complaints import read_complaints
from overlay.demo.run import DemoPlan, brokers_of, run_demo
from overlay.demo.story import COLUMNS
from overlay.errors import BadInput
from overlay.settings import load_settings

HONEST = "The messages are real, over brokers with mutual TLS; lines, customers and visits are simulated."


class UseCase(StrEnum):
    """What is shown."""

    DIAGNOSIS = "diagnosis"
    INSTALLATION = "installation"
    BOTH = "both"


def demo(
    use_case: Annotated[
        UseCase, typer.Option(help="Faults are diagnosed, broadband is installed; thirteen agents for each.")
    ] = UseCase.DIAGNOSIS,
    complaints: Annotated[
        Path | None, typer.Option(help="A CSV file with a column 'complaint'; else a few of our own.")
    ] = None,
    brokers: Annotated[
        str,
        typer.Option(help="Of the two domains: nats, rabbitmq; one for both, or a third for the engineers."),
    ] = "nats",
    limit: Annotated[int, typer.Option(help="At most so many cases of each kind; 0: all.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, another simulated world.")] = 1,
    json: Json = False,
) -> None:
    """Thirteen agents of two domains diagnose broadband complaints, over real brokers and mutual TLS."""
    kinds = brokers_of(broker_kinds(brokers, most=3))
    diagnosis = DIAGNOSIS
    if complaints is not None:
        if use_case is UseCase.INSTALLATION:
            raise BadInput("complaints are for the diagnosis: leave out `--use-case installation`")
        diagnosis = replace(DIAGNOSIS, cases=read_complaints(complaints, load_settings().demo_file_bytes))
    shown = {
        UseCase.DIAGNOSIS: [diagnosis],
        UseCase.INSTALLATION: [INSTALLATION],
        UseCase.BOTH: [INSTALLATION, diagnosis],
    }
    examples = [replace(one, cases=one.cases[: limit or None]) for one in shown[use_case]]
    plan = DemoPlan(examples, kinds, seed)
    if json:
        account = run(run_demo(plan, _nothing))
        show_json(account.as_dict())
        if account.failed:
            raise SystemExit(1)
    else:
        show(plan)


def show(plan: DemoPlan) -> None:
    """Raises SystemExit when a message was lost, or a case did not come to its end."""
    say(HONEST)
    account = run(run_demo(plan, lambda line: say(printable(line))))
    say()
    show_table(COLUMNS, account.rows(), "no cases")
    say()
    for line in account.stopped:
        say(line)
    say(account.summary())
    say(account.last_line())
    if account.failed:
        raise SystemExit(1)


def _nothing(_: str) -> None:
    """Scripts want one object, and nothing before it."""
