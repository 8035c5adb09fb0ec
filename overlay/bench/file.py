"""`overlay bench file`: a file from an agent to another, beside chunks that bare clients exchange."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from overlay.bench.file_jobs import Fetched, FileJob, FileRole
from overlay.bench.processes import gateways
from overlay.bench.relay_places import bare_place
from overlay.bench.relay_worker import Worker
from overlay.bench.result import Load, Result, result
from overlay.content.file_ref import FileRef
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.errors import TooLarge
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_NAMES = ("holder.example", "receiver.example")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What is to be done."""

    brokers: tuple[BrokerKind, ...]
    """One: within a domain; two: across."""
    size: int


async def bench_file(plan: FilePlan, tell: Callable[[str], None]) -> Result:
    """Raises OverlayError."""
    names = _NAMES[: len(plan.brokers)]
    tell(f"starting {', '.join(names)} on {', '.join(plan.brokers)}")
    async with (
        throwaway(list(zip(names, plan.brokers, strict=True))) as folders,
        _folder(plan.size) as folder,
    ):
        tell(f"writing {plan.size // _MIB} MiB")
        await asyncio.to_thread(_write, folder / "file", plan.size)
        tell("fetching it")
        memory, ours = await _overlay(folders, folder)
        bare: Fetched | None = None
        if plan.brokers[0] is BrokerKind.NATS:
            tell("bare clients: the same chunks over one broker")
            bare = await _bare(folders[0], folder, plan.size)
    parameters: dict[str, object] = {"brokers": [str(kind) for kind in plan.brokers], "size": plan.size}
    stages: dict[str, dict[str, object]] = {
        "file": {"mb_per_s": _rate(ours), "seconds": round(ours.seconds, 3), "chunks_again": ours.again},
        "memory": memory,
    }
    if bare is not None:
        stages["bare"] = {"mb_per_s": _rate(bare), "seconds": round(bare.seconds, 3)}
    chunk = load_settings(folders[0].settings).file_chunk_bytes
    base = None if bare is None else _load(bare, chunk)
    return replace(result("file", parameters, _load(ours, chunk), base, stages), errors=ours.again)


async def _overlay(folders: list[DomainFolder], folder: Path) -> tuple[dict[str, object], Fetched]:
    near, far = folders[0], folders[-1]
    chunk = load_settings(near.settings).file_chunk_bytes
    homes = [await resident(near, "holder", ()), await resident(far, "receiver", ())]
    async with AsyncExitStack() as stack:
        holder, receiver = [
            await stack.enter_async_context(
                Worker.started(FileJob(role, chunk, 0, home=str(home)), "overlay.bench.file_process")
            )
            for role, home in zip((FileRole.HOLD, FileRole.FETCH), homes, strict=True)
        ]
        processes = {"holder": holder.pid, "receiver": receiver.pid}
        for one in folders:
            processes |= {f"gateway of {one.path.name}": pid for pid in gateways(one) if pid is not None}
        before = _memory(processes, anew=True)
        ref = FileRef.decode(await holder.ask(f"offer {folder / 'file'} receiver@{far.path.name}"))
        said = await receiver.ask(f"fetch {ref.encode().decode()} {folder / 'got'}")
        most = _memory(processes)
    memory: dict[str, object] = {
        name: {"before_mib": before[name] // _MIB, "most_mib": size // _MIB} for name, size in most.items()
    }
    return memory, msgspec.json.decode(said, type=Fetched)


async def _bare(near: DomainFolder, folder: Path, size: int) -> Fetched:
    settings = load_settings(near.settings)
    chunk, window = settings.file_chunk_bytes, settings.file_window
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(bare_place(near))
        holder, receiver = [
            await stack.enter_async_context(
                Worker.started(FileJob(role, chunk, window, place=place), "overlay.bench.file_process")
            )
            for role in (FileRole.BARE_HOLD, FileRole.BARE_FETCH)
        ]
        await holder.ask(f"serve {folder / 'file'}")
        return msgspec.json.decode(await receiver.ask(f"pull {-(-size // chunk)}"), type=Fetched)


def _memory(processes: Mapping[str, int], *, anew: bool = False) -> dict[str, int]:
    """The most resident bytes of each since it was asked `anew`."""
    found = {}
    for name, pid in processes.items():
        if anew:
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found[name] = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return found


def _load(fetched: Fetched, chunk: int) -> Load:
    count = -(-fetched.size // chunk)
    return Load(seconds=fetched.seconds, sent=count, received=count)


def _rate(fetched: Fetched) -> float:
    return round(fetched.size / fetched.seconds / 1e6, 1)


def _write(path: Path, size: int) -> None:
    with path.open("wb") as file:
        while size > 0:
            size -= file.write(os.urandom(min(size, 4 * _MIB)))


@asynccontextmanager
async def _folder(size: int) -> AsyncIterator[Path]:
    """With room for the file twice. Raises TooLarge."""
    path = Path(tempfile.mkdtemp(prefix="overlay-file-"))
    try:
        free = shutil.disk_usage(path).free
        if free < 2 * size:
            raise TooLarge(f"{path} has room for {free} bytes: {size} are written twice")
        yield path
    finally:
        await asyncio.to_thread(shutil.rmtree, path)
