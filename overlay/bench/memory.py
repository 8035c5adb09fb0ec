"""How much memory and processor time a domain's registry takes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil

from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder
from overlay.errors import TimedOut
from overlay.naming.ids import REGISTRY

_WHILE_S = 3.0
_LONGEST_S = 900.0


def registry_memory(folder: DomainFolder) -> int:
    """Resident bytes of the registry's process."""
    return resident_bytes(folder, REGISTRY)


def resident_bytes(folder: DomainFolder, part: str) -> int:
    """Of the process of one part."""
    return _resident(str(process_of(folder, part).pid))


def own_bytes() -> int:
    """Resident bytes of this process."""
    return _resident("self")


def _resident(pid: str) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmRSS"))


def registry_processor_s(folder: DomainFolder) -> float:
    """What the registry's process took of a processor so far, in seconds."""
    times = psutil.Process(process_of(folder, REGISTRY).pid).cpu_times()
    return float(times.user + times.system)


async def registry_idle(folder: DomainFolder) -> None:
    """Returns when it has read what there was to read: it took hardly any of a processor for a while.

    Raises TimedOut.
    """
    before, end = registry_processor_s(folder), time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        await asyncio.sleep(_WHILE_S)
        now = registry_processor_s(folder)
        if now - before < _WHILE_S / 10:
            return
        before = now
    raise TimedOut(f"the registry still reads after {_LONGEST_S:g} s: measure fewer agents")
