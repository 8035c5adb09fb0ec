"""What the measurements on the command line have in common: two brokers, progress, figures of each stage."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from overlay.bench.result import Result
from overlay.cli.brokers import broker_kinds
from overlay.cli.printing import say, show_json, show_table
from overlay.errors import BadInput
from overlay.transport.address import BrokerKind


def two_kinds(text: str, whose: str) -> tuple[BrokerKind, BrokerKind]:
    """The kinds of two brokers, which are `whose`. Raises BadInput."""
    kinds = broker_kinds(text, most=2)
    if len(kinds) != 2:
        raise BadInput(f"name two brokers: {whose} (nats,rabbitmq)")
    return kinds[0], kinds[1]


def tell(text: str) -> None:
    """How far it is, beside the result."""
    sys.stderr.write(text + "\n")


def show_stages(found: Result, summary: str = "", *, json: bool) -> None:
    """All figures of each stage."""
    if json:
        show_json(found.as_dict())
        return
    for name, stage in found.stages.items():
        say(name)
        show_table(("", ""), [row for key, value in stage.items() for row in _rows(key, value)], "")
    if summary:
        say(summary)


def _rows(key: str, value: object) -> Iterator[tuple[str, object]]:
    """A line for each figure; what was not measured is `-`."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _rows(f"{key} {name}", part)
    else:
        yield key, "-" if value is None else value
