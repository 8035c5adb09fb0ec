"""The processes of a domain. Each runs until cancelled, and says when it serves.

A process imports what it is made of, and not the others: half of the time until a domain is up are imports.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from overlay.domain.child import process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.health import beating
from overlay.domain.parts import is_gateway, is_registry
from overlay.domain.peering import link_files
from overlay.domain.readiness import Tell, nobody_hears
from overlay.endpoint.background import beside
from overlay.endpoint.home import Home
from overlay.errors import BadInput, Refused
from overlay.naming.ids import GATEWAY, REGISTRY, SESSIONS
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import load_settings

Ready = Callable[[], None]
Run = Callable[..., Awaitable[None]]
_OTHERS = {
    "ca": ("overlay.domain.ca_process", "run_ca"),
    "admission": ("overlay.domain.admission", "run_admission"),
    SESSIONS: ("overlay.domain.sessions_process", "run_sessions"),
}


async def serve_part(part: str, folder: DomainFolder, ready: Ready, progress: Tell = nobody_hears) -> None:
    """Run one part, or `all` of them under a supervisor: `progress` hears of each that serves. Raises
    BadInput for another word, Refused for a part that is in another folder.
    """
    if part == "all":
        await _piece("overlay.domain.service", "supervise")(folder, ready, progress)
    elif (run := _run_of(part)) is not None:
        _check_here(folder, part)
        with _alone(folder, part):
            async with beating(folder, part, ready) as tell:
                await run(folder, tell)
    else:
        raise BadInput(f"{part!r} is no part of a domain: all, ca, admission, registry, gateway or sessions")


def _run_of(part: str) -> Run | None:
    if is_gateway(part):
        return partial(_run_gateway, part=part)
    if is_registry(part):
        return partial(_piece("overlay.domain.registry_process", "run_registry"), part=part)
    return _piece(*_OTHERS[part]) if part in _OTHERS else None


def _piece(module: str, name: str) -> Run:
    run: Run = getattr(import_module(module), name)
    return run


def _check_here(folder: DomainFolder, part: str) -> None:
    alone = load_config(folder.config).part
    if alone not in ("", part) and not (alone == "gateway" and is_gateway(part)):
        raise Refused(f"{folder.path} holds one part of a domain, its {alone}, and no {part}")


@contextmanager
def _alone(folder: DomainFolder, part: str) -> Iterator[None]:
    """One process of a part at a time, remembered where others find it. Raises Refused."""
    private_folder(folder.run)
    process = process_of(folder, part)
    if process.running():
        raise Refused(
            f"the {part} of this domain runs already, as process {process.pid}: `overlay down` first"
        )
    process.adopt(os.getpid())
    try:
        yield
    finally:
        process.forget()


async def _run_gateway(folder: DomainFolder, ready: Ready, *, part: str) -> None:
    settings = load_settings(folder.settings)
    if not settings.registry_in_gateway:
        await _run_gateway_alone(folder, ready, part)
        return
    answers = asyncio.Event()
    with _alone(folder, REGISTRY):
        async with beside(_registry(folder, answers.set)):
            await answers.wait()
            await _run_gateway_alone(folder, ready, part)


async def _registry(folder: DomainFolder, ready: Ready) -> None:
    await _piece("overlay.domain.registry_process", "run_registry")(folder, ready)


async def _run_gateway_alone(folder: DomainFolder, ready: Ready, part: str) -> None:
    settings = load_settings(folder.settings)
    home = Home(folder.service(GATEWAY))
    await _piece("bridges.service", "run_gateway")(
        home, settings, lambda bundle: link_files(folder, bundle), ready, seat=_seat(folder, part)
    )


def _seat(folder: DomainFolder, part: str) -> str:
    """The same after a restart, and that of no process elsewhere."""
    file = folder.run / f"{part}.seat"
    if not file.exists():
        write_private(file, secrets.token_hex(8).encode())
    return read_private(file).decode()
