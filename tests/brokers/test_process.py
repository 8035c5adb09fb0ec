"""Server processes: they outlive their starter, are found again, and never mistaken for others."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from overlay.brokers.process import ServerProcess
from overlay.errors import BadSettings

_LIMIT_S = 30
_STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
_STARTER = """
import os, sys
from pathlib import Path
from overlay.brokers.process import ServerProcess
server = ServerProcess(Path(sys.argv[1]) / "pid", "sleeper")
server.start(["/bin/sleep", "600"], output=Path(sys.argv[1]) / "out", environment=dict(os.environ))
"""


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(tmp_path / "pid", "sleeper")
    yield process
    await process.stop(0)


def _start(server: ServerProcess, folder: Path, *command: str) -> int:
    return server.start(command, output=folder / "out", environment=dict(os.environ))


async def test_it_stops_and_leaves_no_zombie(server: ServerProcess, tmp_path: Path) -> None:
    pid = _start(server, tmp_path, "/bin/sleep", "600")
    assert (server.running(), server.pid) == (True, pid)
    await server.stop(_LIMIT_S)
    assert not server.running()
    assert not psutil.pid_exists(pid)
    await server.stop(_LIMIT_S)


async def test_it_outlives_who_started_it_and_is_found_again(server: ServerProcess, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTER, str(tmp_path)]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=_LIMIT_S)
    assert server.running()
    await server.stop(_LIMIT_S)
    assert not server.running()


async def test_one_that_ignores_the_signal_is_killed(server: ServerProcess, tmp_path: Path) -> None:
    pid = _start(server, tmp_path, sys.executable, "-c", _STUBBORN)
    async with asyncio.timeout(_LIMIT_S):
        while b"up" not in (tmp_path / "out").read_bytes():
            await asyncio.sleep(0.01)
    await server.stop(0.1)
    assert not psutil.pid_exists(pid)


async def test_another_process_with_the_remembered_number_is_not_touched(
    server: ServerProcess, tmp_path: Path
) -> None:
    _start(server, tmp_path, "/bin/sleep", "600")
    _, born = (tmp_path / "pid").read_text().split()
    await server.stop(_LIMIT_S)
    (tmp_path / "pid").write_text(f"{os.getpid()} {born}\n")
    assert not server.running()
    await server.stop(_LIMIT_S)


async def test_one_that_ends_at_once_is_not_running(server: ServerProcess, tmp_path: Path) -> None:
    _start(server, tmp_path, "/bin/sh", "-c", "echo no room on disk; exit 3")
    assert await server.ended(_LIMIT_S)
    assert (tmp_path / "out").read_text() == "no room on disk\n"
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


async def test_a_program_that_cannot_be_run_is_named(server: ServerProcess, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="/no/such/program cannot be run"):
        _start(server, tmp_path, "/no/such/program")
