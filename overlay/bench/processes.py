"""How much of a processor the processes of a domain take."""

from __future__ import annotations

import os
from pathlib import Path

from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder


def processor_s(folder: DomainFolder, part: str) -> float:
    """Seconds of a processor, since it began; other than the clock they do not count whom else it serves."""
    stat = Path(f"/proc/{process_of(folder, part).pid}/stat")
    words = stat.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
