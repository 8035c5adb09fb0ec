"""The processes of a domain. Each runs until cancelled, and says when it serves."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from bridges.service import run_gateway
from overlay.domain.admission import run_admission
from overlay.domain.ca_process import run_ca
from overlay.domain.child import process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.health import beating
from overlay.domain.parts import is_gateway, is_registry
from overlay.domain.peering import link_files
from overlay.domain.readiness import Tell, nobody_hears
from overlay.domain.registry_process import run_registry
from overlay.domain.service import supervise
from overlay.domain.sessions_process import run_sessions
from overlay.endpoint.background import beside
from overlay.endpoint.home import Home
from overlay.errors import BadInput, Refused
from overlay.naming.ids import GATEWAY, REGISTRY, SESSIONS
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import load_settings

Ready = Callable[[], None]


async def serve_part(part: str, folder: DomainFolder, ready: Ready, progress: Tell = nobody_hears) -> None:
    """Run one part, or `all` of them under a supervisor: `progress` hears of each that serves. Raises
    BadInput for another word, Refused for a part that is in another folder.
    """
    runs = {"ca": run_ca, "admission": run_admission, SESSIONS: run_sessions}
    if is_registry(part):
        runs[part] = partial(run_registry, part=part)
    if is_gateway(part):
        runs[part] = partial(_run_gateway, part=part)
    if part == "all":
        await supervise(folder, ready, progress)
    elif part in runs:
        _check_here(folder, part)
        with _alone(folder, part):
            async with beating(folder, part, ready) as tell:
                await runs[part](folder, tell)
    else:
        raise BadInput(f"{part!r} is no part of a domain: all, ca, admission, registry, gateway or sessions")


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
        async with beside(run_registry(folder, answers.set)):
            await answers.wait()
            await _run_gateway_alone(folder, ready, part)


async def _run_gateway_alone(folder: DomainFolder, ready: Ready, part: str) -> None:
    settings = load_settings(folder.settings)
    home = Home(folder.service(GATEWAY))
    await run_gateway(
        home, settings, lambda bundle: link_files(folder, bundle), ready, seat=_seat(folder, part)
    )


def _seat(folder: DomainFolder, part: str) -> str:
    """The same after a restart, and that of no process elsewhere."""
    file = folder.run / f"{part}.seat"
    if not file.exists():
        write_private(file, secrets.token_hex(8).encode())
    return read_private(file).decode()
