"""The one who operates a domain, asking its services over the broker like everybody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from overlay.ca.client import CaClient
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.own_renewal import OwnRenewal
from overlay.domain.child import SUPERVISOR, process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import OverlayError, Unreachable
from overlay.naming.ids import OPERATOR
from overlay.registry.client import RegistryClient
from overlay.registry.peers.client import PeersClient
from overlay.settings import load_settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Operator:
    """A connection with the operator's certificate."""

    endpoint: Endpoint
    ca: CaClient
    registry: RegistryClient
    peers: PeersClient


def how_to_start(folder: DomainFolder) -> str:
    """What to do about a part that does not serve. Raises BadSettings."""
    config = load_config(folder.config)
    if config.part:
        return f"Look where its parts run: `overlay health PART` there; this folder is its {config.part} only"
    if process_of(folder, SUPERVISOR).running():
        return f"It is up, and starts again what ended; its logs are in {folder.run}"
    start = f"`overlay up --home {folder.path}` starts it"
    return start if config.managed else f"{start}, but for the broker, which somebody else runs"


@asynccontextmanager
async def operator(folder: DomainFolder) -> AsyncIterator[Operator]:
    """Raises Unreachable when the domain is not up."""
    home = Home(folder.service(OPERATOR))
    party = home.load(load_settings(folder.settings))
    async with AsyncExitStack() as stack:
        try:
            endpoint = await stack.enter_async_context(Endpoint.open(party))
        except Unreachable as error:
            raise Unreachable(f"{error} {how_to_start(folder)}") from error
        registry = RegistryClient(endpoint)
        endpoint.use_directory(registry)
        await CardKeeper(endpoint, home).begin()
        await _renew(OwnRenewal(endpoint, home))
        yield Operator(endpoint, CaClient(endpoint), registry, PeersClient(registry))


async def _renew(renewal: OwnRenewal) -> None:
    """When it is due: nobody but its commands renews an operator's certificate."""
    try:
        await renewal.look()
    except OverlayError as error:
        _log.warning("the operator's certificate is not renewed yet: %s", error)
