"""How much of a processor the processes of a domain take."""

from __future__ import annotations

import os
from pathlib import Path

from overlay.brokers.process import ServerProcess
from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder


def processor_s(folder: DomainFolder, part: str) -> float:
    """Seconds of a processor, since it began; other than the clock they do not count whom else it serves."""
    return processor_of(process_of(folder, part).pid)


def gateways(folder: DomainFolder) -> list[int | None]:
    """Process IDs of the domain's gateway processes."""
    return [process_of(folder, path.stem).pid for path in sorted(folder.run.glob("gateway*.pid"))]


def broker(folder: DomainFolder) -> int | None:
    """Process ID of the domain's own broker."""
    return ServerProcess(folder.broker / "pid", "the broker").pid


def processor_of(pid: int | None) -> float:
    """The same, of one process."""
    stat = Path(f"/proc/{pid}/stat")
    words = stat.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
