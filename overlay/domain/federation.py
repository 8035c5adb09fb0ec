"""A throw-away federation: domains in a temporary folder, up and linked, to show and to measure."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from overlay.brokers.ports import check_port, says_taken
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import add_peer, export_peering
from overlay.domain.supervisor import Supervisor
from overlay.errors import BadSettings, TimedOut, Unavailable
from overlay.registry.peers.relation import Relation
from overlay.registry.peers.restanding import Restanding
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_LOOK_AGAIN_S = 0.1
_TRIES = 3

Prepare = Callable[[DomainFolder], Awaitable[None]]


@asynccontextmanager
async def throwaway(
    domains: Sequence[tuple[str, BrokerKind]],
    prepare: Prepare | None = None,
    *,
    linked: bool = True,
) -> AsyncIterator[list[DomainFolder]]:
    """Domains by name and broker, `linked` with each other; `prepare` is done to each before it is started,
    perhaps more than once. Processes and files are gone after the block.
    """
    path = _passable_folder()
    supervisors: list[Supervisor] = []
    try:
        async with asyncio.TaskGroup() as group:
            starting = [
                group.create_task(_started(path, name, kind, prepare, supervisors)) for name, kind in domains
            ]
        folders = [task.result() for task in starting]
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


async def _started(
    path: Path, name: str, kind: BrokerKind, prepare: Prepare | None, supervisors: list[Supervisor]
) -> DomainFolder:
    """Elsewhere once more, with another port, where another program took the broker's while it started."""
    for number in count():
        folder = _create(path / str(number), name, kind)
        if prepare is not None:
            await prepare(folder)
        supervisor = Supervisor(folder)
        try:
            await supervisor.start()
        except (Unavailable, BadSettings) as error:
            if number + 1 == _TRIES or not (says_taken(error) or _is_taken(folder)):
                raise
        else:
            supervisors.append(supervisor)
            return folder
    raise AssertionError("the last try ends it")


def _create(path: Path, name: str, kind: BrokerKind) -> DomainFolder:
    path.mkdir(mode=0o711, exist_ok=True)
    create_domain(path / name, Wish(name, kind))
    return DomainFolder.open(path / name)


def _is_taken(folder: DomainFolder) -> bool:
    address = load_config(folder.config).address
    try:
        check_port(address.host, address.port)
    except Unavailable:
        return True
    return False


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


async def link_row(folders: Sequence[DomainFolder]) -> None:
    """Each with the one in the middle, which is their parent. Raises TimedOut."""
    middle = folders[len(folders) // 2]
    ends = [folder for folder in folders if folder is not middle]
    for end in ends:
        request, _ = export_peering(end)
        added = await add_peer(middle, request, standing=Restanding(Relation.CHILD))
        await add_peer(end, added.answer, standing=Restanding(Relation.PARENT))
    await _until_linked(middle, len(ends))


async def _until_linked(folder: DomainFolder, peers: int) -> None:
    limit_s = load_settings(folder.settings).service_start_timeout_s
    try:
        async with asyncio.timeout(limit_s), operator(folder) as hand:
            while sum(peer.online for peer in await hand.peers.all()) < peers:
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimedOut(f"the gateways of {folder.path.name} did not meet within {limit_s:g} s") from error
