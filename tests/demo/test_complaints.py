"""Files of complaints as users have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.demo.complaints import parse_complaints, read_complaints
from overlay.errors import BadInput, TooLarge


def texts(data: bytes) -> list[str]:
    return [complaint.text for complaint in parse_complaints(data, "file.csv")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_usual_separator_is_understood(separator: str) -> None:
    lines = (
        ["Ticket,Complaint,City", '7,"no, internet",Basel']
        if separator == ","
        else [
            separator.join(("Ticket", "Complaint", "City")),
            separator.join(("7", "no, internet", "Basel")),
        ]
    )
    (found,) = parse_complaints("\r\n".join(lines).encode(), "file.csv")
    assert (found.id, found.text) == ("7", "no, internet")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_encoding_is_understood(encoding: str) -> None:
    assert texts("complaint,city\nNo café wifi,Orléans\n".encode(encoding)) == ["No café wifi"]


def test_the_only_column_may_contain_what_else_separates() -> None:
    assert texts(b"sep=;\ncomplaint\nslow, very slow; since May\n") == ["slow, very slow; since May"]


def test_lines_without_a_complaint_are_passed_over_and_others_are_named_apart() -> None:
    data = b"ticket,complaint\n5,one\n5,two\n,three\n6,  \n7\nC3,four\n"
    found = parse_complaints(data, "file.csv")
    assert [complaint.text for complaint in found] == ["one", "two", "three", "four"]
    assert len({complaint.id for complaint in found}) == 4
    assert [found[0].id, found[3].id] == ["5", "C3"]


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(BadInput, match="no column 'complaint'; its columns are: id, text"):
        texts(b"id;text\n1;slow\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"complaint,city\n,Basel\n", "no complaint in it"),
        (b"complaint\n\x89PNG\r\n\x1a\n\0\0", "is not text"),
        (b"complaint\n\xff\xfe\x81", "is not text"),
        (b'complaint,x\n"' + b"a" * 200_000, "is no CSV file"),
    ],
)
def test_what_is_no_file_of_complaints_is_said_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        texts(data)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_or_is_too_large_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_complaints(tmp_path, 1000)
    file = tmp_path / "large.csv"
    file.write_bytes(b"complaint\n" + b"x" * 1000)
    with pytest.raises(TooLarge, match="OVERLAY_DEMO_FILE_BYTES"):
        read_complaints(file, 1000)
