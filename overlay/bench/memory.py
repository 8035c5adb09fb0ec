"""How much memory a domain's registry takes."""

from __future__ import annotations

from pathlib import Path

from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder
from overlay.naming.ids import REGISTRY


def registry_memory(folder: DomainFolder) -> int:
    """Resident bytes of the registry's process."""
    pid = process_of(folder, REGISTRY).pid
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmRSS"))
