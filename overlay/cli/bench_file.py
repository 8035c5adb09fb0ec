"""`overlay bench file`: how fast a file goes, and what memory it costs."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from overlay.bench.file import FilePlan, bench_file
from overlay.cli.bench_showing import show_stages, tell
from overlay.cli.brokers import broker_kinds
from overlay.cli.options import Json
from overlay.cli.running import run
from overlay.errors import BadInput

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"([1-9][0-9]{0,11})([KMG]?)\Z")


def file(
    brokers: Annotated[
        str, typer.Option(help="One broker: inside a domain; two, with a comma: across domains.")
    ] = "nats,nats",
    size: Annotated[str, typer.Option(help="Of the file: 1048576, 64M, 1G.")] = "256M",
    json: Json = False,
) -> None:
    """A file of random bytes from an agent to another: how fast, and the most memory of holder, receiver and
    gateways; beside the same chunks asked for by bare nats-py over one broker without any gateway.
    """
    found = run(bench_file(FilePlan(broker_kinds(brokers, most=2), size_of(size)), tell))
    show_stages(found, json=json)


def size_of(text: str) -> int:
    """In bytes. Raises BadInput."""
    match = _SIZE.match(text)
    if match is None:
        raise BadInput(f"{text!r} is no size: write 1048576, 64M or 1G")
    return int(match[1]) * _UNITS[match[2]]
