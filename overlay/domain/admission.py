"""The second door of a domain on NATS: while the CA's process is away, this one lets parties in."""

from __future__ import annotations

from collections.abc import Callable

from overlay.ca.denied import DeniedSerials
from overlay.domain.broker_access import second_door
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.naming.ids import ADMISSION
from overlay.settings import load_settings


async def run_admission(folder: DomainFolder, ready: Callable[[], None]) -> None:
    """Reads the CA's database at each decision. Raises Unreachable, BadSettings."""
    settings, config = load_settings(folder.settings), load_config(folder.config)
    trust = Home(folder.service(ADMISSION)).load(settings).trust_store()
    with DeniedSerials(folder.ca_store) as denied:
        async with second_door(folder, config, settings, trust, denied.denies) as door:
            ready()
            await door.closed()
