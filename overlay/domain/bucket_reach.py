"""The broker of a domain that is down, up for as long as somebody looks into the registry's bucket in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.domain.broker_access import managed_broker
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_store import IN_A_FILE
from overlay.settings import Settings


@asynccontextmanager
async def bucket_reach(folder: DomainFolder, settings: Settings) -> AsyncIterator[None]:
    """Within the block whatever the registry's state lies in can be read. Raises BadSettings, Unavailable."""
    own_bucket = settings.registry_store != IN_A_FILE and not settings.registry_store_url
    broker = managed_broker(folder, load_config(folder.config), settings) if own_bucket else None
    if broker is None or broker.running():
        yield
        return
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()
