"""The process of a domain's registry."""

from __future__ import annotations

from collections.abc import Callable

from overlay.ca.client import CaClient
from overlay.ca.credentials.sources import follow_ended, verifier_at
from overlay.ca.revocation.following import Following
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.own_renewal import OwnRenewal
from overlay.clock import system_clock
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_store import registry_store
from overlay.endpoint.background import beside
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.naming.ids import REGISTRY
from overlay.registry.directory import OwnDirectory
from overlay.registry.registry import Registry
from overlay.registry.service import RegistryService
from overlay.settings import load_settings
from overlay.trust.credentials import Credentials


async def run_registry(folder: DomainFolder, ready: Callable[[], None], part: str = REGISTRY) -> None:
    """Until cancelled. `part`: which of its processes, all of which answer. Raises OverlayError."""
    settings = load_settings(folder.settings)
    home = Home(folder.service(REGISTRY))
    party = home.load(settings)
    store = registry_store(folder, settings, part)
    try:
        async with Endpoint.open(party) as endpoint:
            registry = Registry(store, endpoint.trust, settings, system_clock)
            directory = OwnDirectory(registry, endpoint.trust)
            endpoint.use_directory(directory)
            registry.registrar.vetting.proofs = verifier_at(endpoint, cards=directory)
            follow_ended(endpoint)
            await registry.open()
            service = RegistryService(endpoint, registry)
            following = Following(endpoint)

            def learned(card: DomainCard, bundle: bytes) -> None:
                service.use_bundle_news(card.epoch, bundle)

            keeper = CardKeeper(endpoint, home, learned=learned)

            async def show(_: Credentials) -> None:
                await CaClient(endpoint).show_card()

            renewal = OwnRenewal(endpoint, home, show)
            await service.serve()
            async with beside(service.run(), following.run(), keeper.run(), renewal.run()):
                ready()
                await endpoint.closed()
    finally:
        await store.close()
