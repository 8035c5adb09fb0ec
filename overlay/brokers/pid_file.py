"""Which process is ours: its ID and its birth, so that a later process with the same ID is not mistaken."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from overlay.private_files import write_private


class PidFile:
    """The file in which a server process is remembered."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pid: int) -> None:
        """Remember this process, unless it has ended already."""
        _reap(pid)
        born = _birth(pid)
        if born is None:
            self.remove()
        else:
            write_private(self._path, f"{pid} {born}\n".encode())

    def find(self) -> psutil.Process | None:
        """The remembered process, if it still lives."""
        try:
            pid_text, born = self._path.read_text().split()
            pid = int(pid_text)
        except (FileNotFoundError, ValueError):
            return None
        _reap(pid)
        if _birth(pid) != born:
            return None
        try:
            return psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def remove(self) -> None:
        """Forget it."""
        self._path.unlink(missing_ok=True)


def _birth(pid: int) -> str | None:
    """A word that no other process with this ID has; None when it is gone, or dead and not yet buried."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        # psutil's start time moves when the machine's clock is set; the kernel's count of ticks does not.
        return _ticks(pid) if sys.platform == "linux" else repr(process.create_time())
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def _ticks(pid: int) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{boot}:{after_name[19]}"


def _reap(pid: int) -> None:
    """Bury our own dead child; somebody else's child is buried by its parent."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
