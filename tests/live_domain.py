"""One NATS domain for the whole run of the tests: up, as by `overlay up`, when the first test wants it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from overlay.agent.agent import Agent
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.domain.service import Service
from overlay.transport.address import BrokerKind

LIMIT_S = 30.0
PROGRAM = Path(sys.executable).parent / "overlay"
_numbers = count(1)


def fresh(word: str) -> str:
    """A name that no other test uses."""
    return f"{word}-{next(_numbers)}"


@dataclass(frozen=True)
class LiveDomain:
    """A domain that is up."""

    folder: DomainFolder
    name: str

    @property
    def home(self) -> str:
        return str(self.folder.path)

    async def agent(self, word: str = "agent", skills: Sequence[str] = ()) -> Agent:
        """A new agent, permitted these skills; not entered yet."""
        return Agent(await resident(self.folder, fresh(word), tuple(skills)))


def passable_folder(prefix: str = "overlay live ") -> Path:
    """One through which RabbitMQ's account may pass; remove it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live() -> AsyncIterator[LiveDomain]:
    """The domain of this run: leave it up, and use fresh names in it."""
    path = passable_folder()
    create_domain(path / "live", Wish("live.example", BrokerKind.NATS))
    folder = DomainFolder.open(path / "live")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERLAY_SESSION_SERVICE", "true")
        service = Service(folder)
        try:
            await service.start()
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, path)
            raise
    try:
        yield LiveDomain(folder, "live.example")
    finally:
        await service.stop()
        await asyncio.to_thread(shutil.rmtree, path)


@dataclass(frozen=True)
class Done:
    """What a program did."""

    code: int
    out: str
    err: str


def names_in(folder: Path) -> list[str]:
    """What is in a folder."""
    return [path.name for path in folder.iterdir()]


async def start(*words: str, cwd: Path | None = None, **variables: str) -> asyncio.subprocess.Process:
    """`overlay …` as a process of its own."""
    return await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env=os.environ | variables,
    )


async def done(process: asyncio.subprocess.Process, limit_s: float = 2 * LIMIT_S) -> Done:
    """Its end."""
    async with asyncio.timeout(limit_s):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def overlay(*words: str, cwd: Path | None = None, **variables: str) -> Done:
    """Run `overlay …` to its end."""
    return await done(await start(*words, cwd=cwd, **variables))


async def eventually(wanted: Callable[[], Awaitable[bool]]) -> None:
    """Returns when it is so."""
    async with asyncio.timeout(LIMIT_S):
        while not await wanted():
            await asyncio.sleep(0.1)
