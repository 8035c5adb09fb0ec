"""Complaints from a CSV file: any usual separator and encoding, a column `complaint`."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from examples.broadband.example import Case
from overlay.errors import BadInput, TooLarge

_SEPARATORS = ",;\t|"
_NEVER = "\x1f"
"""Of a single column: what looks like a separator belongs to the complaint."""
_COLUMN = "complaint"
_LONGEST = 2000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_complaints(file: Path, most_bytes: int) -> list[Case]:
    """Raises BadInput: unreadable, too large, no text, empty, no column `complaint`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(most_bytes + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > most_bytes:
        raise TooLarge(
            f"{file} has more than {most_bytes} bytes: give a part of it (OVERLAY_DEMO_FILE_BYTES)"
        )
    return parse_complaints(data, str(file))


def parse_complaints(data: bytes, name: str) -> list[Case]:
    """Lines without a complaint are passed over; tickets that are missing or repeat get their own names.

    Raises BadInput as `read_complaints`.
    """
    text = _decode(data, name)
    if not text.strip():
        raise BadInput(f"{name} is empty: give a CSV file with a column '{_COLUMN}'")
    try:
        found = list(_rows(text, name))
    except csv.Error as error:
        raise BadInput(f"{name} is no CSV file: {error}") from error
    if not found:
        raise BadInput(f"{name} has a column '{_COLUMN}', and no complaint in it")
    return _named_apart(found)


def _decode(data: bytes, name: str) -> str:
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(f"{name} is not text: give a CSV file with a column '{_COLUMN}'")


def _rows(text: str, name: str) -> Iterator[Case]:
    text = text.lstrip("\r\n")
    if text.lower().startswith("sep="):  # Excel says so in a line of its own
        text = text.partition("\n")[2]
    separator = _separator(text, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [column.strip().lower() for column in next(reader)]
    for row in reader:
        cells = {column: cell.strip() for column, cell in reversed(list(zip(columns, row, strict=False)))}
        complaint = " ".join(cells.get(_COLUMN, "").split())[:_LONGEST]
        if complaint:
            yield Case(cells.get("ticket", "")[:40], complaint)


def _separator(text: str, name: str) -> str:
    headers = {each: _header(text, each) for each in _SEPARATORS}
    fitting = [each for each in _SEPARATORS if _COLUMN in (column.lower() for column in headers[each])]
    if fitting:
        best = max(fitting, key=lambda each: len(headers[each]))
        return best if len(headers[best]) > 1 else _NEVER
    found = max(headers.values(), key=len)
    raise BadInput(f"{name} has no column '{_COLUMN}'; its columns are: {_short(', '.join(found))}")


def _header(text: str, separator: str) -> list[str]:
    row = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    return [cell.strip() for cell in row]


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + "…"


def _named_apart(complaints: Sequence[Case]) -> list[Case]:
    taken = Counter(complaint.id for complaint in complaints)
    seen: set[str] = set()
    named: list[Case] = []
    for number, complaint in enumerate(complaints, 1):
        ticket = complaint.id or f"C{number}"
        while ticket in seen or (ticket != complaint.id and ticket in taken):
            ticket = f"{ticket}-{number}"
        seen.add(ticket)
        named.append(Case(ticket, complaint.text))
    return named
