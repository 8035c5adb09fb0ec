"""One process's records: a file that is only appended to, written before anybody acts on what it says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from overlay.chaos.records import Record, from_lines, to_line


class Recorder:
    """What was written is there even if this process is killed the next moment: the kernel has it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, record: Record) -> None:
        """Returns when it is written."""
        os.write(self._file, to_line(record))

    def close(self) -> None:
        """No more."""
        os.close(self._file)


class Reading:
    """The records of a folder, read on where the last look ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at: dict[Path, int] = {}
        self.records: list[Record] = []

    def look(self) -> Sequence[Record]:
        """All that is there now; a line that is being written is left for the next time."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._at.get(path, 0))
                whole, _, _ = file.read().rpartition(b"\n")
            if whole:
                self._at[path] = self._at.get(path, 0) + len(whole) + 1
                self.records.extend(from_lines(whole.split(b"\n")))
        return self.records
