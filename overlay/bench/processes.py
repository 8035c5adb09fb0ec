"""What the processes of a domain take of the machine."""

from __future__ import annotations

import os
from pathlib import Path

from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder


def memory_of(folder: DomainFolder, part: str) -> int:
    """Resident bytes."""
    text = _file(folder, part, "status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmRSS"))


def processor_s(folder: DomainFolder, part: str) -> float:
    """Seconds of a processor, since it began; other than the clock they do not count whom else it serves."""
    words = _file(folder, part, "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _file(folder: DomainFolder, part: str, name: str) -> Path:
    return Path(f"/proc/{process_of(folder, part).pid}/{name}")
