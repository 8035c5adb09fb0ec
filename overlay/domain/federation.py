"""A throw-away federation: domains in a temporary folder, up and linked, to show and to measure."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import add_peer, export_peering
from overlay.domain.supervisor import Supervisor
from overlay.errors import TimedOut
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_LOOK_AGAIN_S = 0.1


@asynccontextmanager
async def throwaway(
    domains: Sequence[tuple[str, BrokerKind]],
    prepare: Callable[[DomainFolder], Awaitable[None]] | None = None,
    *,
    linked: bool = True,
) -> AsyncIterator[list[DomainFolder]]:
    """Domains by name and broker, `linked` with each other; `prepare` is done to each before it is started.
    Processes and files are gone after the block.
    """
    path = _passable_folder()
    supervisors: list[Supervisor] = []
    try:
        folders = [_create(path, name, kind) for name, kind in domains]
        if prepare is not None:
            for folder in folders:
                await prepare(folder)
        supervisors = [Supervisor(folder) for folder in folders]
        await _all(*(supervisor.start() for supervisor in supervisors))
        if linked:
            await link_all(folders)
        async with _kept(supervisors):
            yield folders
    finally:
        await asyncio.shield(_all(*(supervisor.stop() for supervisor in supervisors)))
        shutil.rmtree(path, ignore_errors=True)


def _passable_folder() -> Path:
    """RabbitMQ, when started by root, runs as another user and must get through to its own folder."""
    path = Path(tempfile.mkdtemp(prefix="overlay-"))
    path.chmod(0o711)
    return path


def _create(path: Path, name: str, kind: BrokerKind) -> DomainFolder:
    create_domain(path / name, Wish(name, kind))
    return DomainFolder.open(path / name)


async def _all(*work: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one)


@asynccontextmanager
async def _kept(supervisors: Sequence[Supervisor]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(supervisor.keep()) for supervisor in supervisors]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def link_all(folders: Sequence[DomainFolder]) -> None:
    """Each with each; returns when they are. Raises TimedOut."""
    for at, ours in enumerate(folders):
        for theirs in folders[at + 1 :]:
            request, _ = export_peering(ours)
            added = await add_peer(theirs, request)
            await add_peer(ours, added.answer)
    for folder in folders:
        await _until_linked(folder, len(folders) - 1)


async def _until_linked(folder: DomainFolder, peers: int) -> None:
    limit_s = load_settings(folder.settings).service_start_timeout_s
    try:
        async with asyncio.timeout(limit_s), operator(folder) as hand:
            while sum(peer.online for peer in await hand.peers.all()) < peers:
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimedOut(f"the gateways of {folder.path.name} did not meet within {limit_s:g} s") from error
