"""Chains as they lie in the folders of the agents that run them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from overlay.chains.claim import is_claimed
from overlay.chains.journal import FILE, ChainRow, Journal, shown
from overlay.chains.showing import ChainShown
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.errors import NotFound
from overlay.settings import load_settings

MOST = 1000
_NOBODY = "nobody works on it now: start its agent again"


def looking(home: Path, own: Path | None, run_id: str) -> Callable[[], Coroutine[Any, Any, ChainShown]]:
    """Reads a chain from the folder of its agent; that raises NotFound where there is none."""

    async def look() -> ChainShown:
        path = await file_of(home, own, run_id)
        async with journal_of(path) as journal:
            return shown_of(path, journal, journal.row(run_id))

    return look


def known(home: Path, own: Path | None, run_id: str) -> bool:
    """Whether there is such a chain. Outside of a running loop."""
    try:
        run(file_of(home, own, run_id))
    except NotFound:
        return False
    return True


async def file_of(home: Path, own: Path | None, run_id: str) -> Path:
    """Where it is. Raises NotFound."""
    for path in files(home, own):
        async with journal_of(path) as journal:
            if any(row.order.id == run_id for row in journal.rows(MOST)):
                return path
    raise NotFound(f"no agent here runs a chain {run_id!r}: `overlay chain list` shows all")


def files(home: Path, own: Path | None) -> list[Path]:
    """The files of all agents of the domain, or that of the agent whose folder is `own`."""
    if own is not None:
        path = own / "chains" / FILE
        return [path] if path.exists() else []
    return sorted(DomainFolder.open(home).agents.glob(f"*/chains/{FILE}"))


@asynccontextmanager
async def journal_of(path: Path) -> AsyncIterator[Journal]:
    """Open for a moment."""
    journal = Journal(path, load_settings().state_busy_s, lambda where, error: None)
    try:
        yield journal
    finally:
        await journal.close()


def shown_of(path: Path, journal: Journal, row: ChainRow) -> ChainShown:
    """A chain, and whether anybody works on it."""
    found = shown(row, journal.events(row.order.id))
    if found.state == "running" and not is_claimed(path.parent, row.order.id):
        return msgspec.structs.replace(found, error=_NOBODY)
    return found
