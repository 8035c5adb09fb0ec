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
    lines = list(rows)
    if lines:
        console().print(table(columns, lines))
    else:
        say(empty)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table for people."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(line(str(cell)) for cell in row))
    return made


def line(text: str) -> Text:
    """One line for people, without markup."""
    return Text(printable(text))


def console() -> Console:
    """Standard output, as wide as the terminal; in a file nothing is folded."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


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
