"""Whether a part of a domain serves, for whoever may look into its folder only: a beat, kept in a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.clock import system_clock
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import is_gateway, parts_of
from overlay.endpoint.background import beside
from overlay.errors import BadInput, Unavailable
from overlay.private_files import private_folder, write_private
from overlay.settings import load_settings


@asynccontextmanager
async def beating(
    folder: DomainFolder, part: str, ready: Callable[[], None]
) -> AsyncIterator[Callable[[], None]]:
    """While the block runs, and from when it calls what it is given, which calls `ready`: the part serves."""
    private_folder(folder.run)
    every_s = load_settings(folder.settings).health_beat_s
    serves = asyncio.Event()

    def tell() -> None:
        write_private(_file(folder, part), b"")
        serves.set()
        ready()

    async def beat() -> None:
        await serves.wait()
        while True:
            await asyncio.sleep(every_s)
            _file(folder, part).touch(mode=0o600)

    try:
        async with beside(beat()):
            yield tell
    finally:
        _file(folder, part).unlink(missing_ok=True)


def check_health(folder: DomainFolder, part: str) -> None:
    """Returns if the part serves. Raises Unavailable if not, or if its process hangs; BadInput."""
    config, settings = load_config(folder.config), load_settings(folder.settings)
    parts = parts_of(config.broker, settings)
    if part not in parts and not is_gateway(part):  # it may have been given more processes
        raise BadInput(f"{part!r} is no service of a domain on {config.broker}: {', '.join(parts)}")
    silence_s = settings.health_silence_s
    try:
        last = _file(folder, part).stat().st_mtime
    except FileNotFoundError as error:
        raise Unavailable(f"{part} does not serve from {folder.path}") from error
    age_s = system_clock() - last
    if age_s > silence_s:
        raise Unavailable(f"{part} gave no sign of life for {age_s:.0f} s: its process hangs or was killed")


def _file(folder: DomainFolder, part: str) -> Path:
    return folder.run / f"{part}.beat"
