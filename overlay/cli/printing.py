"""How results look: tables for people, one JSON object for scripts. What others wrote is made printable."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from overlay.cli.running import nobody_reads

_WIDE = 1000


def printable(text: str) -> str:
    """Without what could steer a terminal: control, format and private characters become `?`."""
    return "".join(char if char == " " or unicodedata.category(char)[0] != "C" else "?" for char in text)


def utc(seconds: float) -> str:
    """A moment, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def say(text: str = "") -> None:
    """One line for people, whole, without markup."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        nobody_reads(error)


def show_json(value: object) -> None:
    """One JSON object for scripts."""
    say(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for people; `empty` when there are no rows."""
    lines = [[Text(printable(str(cell))) for cell in row] for row in rows]
    if not lines:
        say(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*line)
    width = None if sys.stdout.isatty() else _WIDE
    Console(highlight=False, width=width).print(table)


def show_good(file: Path, found: Mapping[str, object], lines: Sequence[str] = (), *, json: bool) -> None:
    """A file that was checked can be used; `found` or `lines` is what it says."""
    if json:
        show_json({"file": str(file), **found})
        return
    for line in lines:
        say(line)
    say(f"{file} is good. Nothing was changed.")


def show_json_line(value: object) -> None:
    """One of many JSON objects for scripts, a line each."""
    say(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
