"""The second door of a domain on NATS: while the CA's process is away, this one lets parties in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from overlay.admission.doorkeeper import Doorkeeper
from overlay.ca.directory import NoDirectory
from overlay.ca.revocation.denied_file import DeniedFile
from overlay.ca.revocation.following import Following
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.own_renewal import OwnRenewal
from overlay.domain.broker_access import second_door
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import OverlayError, Unavailable
from overlay.naming.ids import ADMISSION
from overlay.settings import Settings, load_settings

_log = logging.getLogger(__name__)


async def run_admission(folder: DomainFolder, ready: Callable[[], None]) -> None:
    """Until cancelled. Beside the CA's database, reads that at each decision; elsewhere follows what the CA
    says that it revoked. Raises OverlayError.
    """
    home = Home(folder.service(ADMISSION))
    if folder.ca_store.exists():
        await _beside_the_ca(folder, home, ready)
    else:
        await _elsewhere(folder, home, ready)


async def _beside_the_ca(folder: DomainFolder, home: Home, ready: Callable[[], None]) -> None:
    """Needs no CA that runs: our own connection comes in by our own door."""
    settings, config = load_settings(folder.settings), load_config(folder.config)
    party = home.load(settings)
    with DeniedFile(folder.ca_store) as denied:
        doorkeeper = Doorkeeper(
            party.trust_store(),
            denied.denies,
            channels_of=denied.channels_of,
            inside=lambda: party.domain_card.inside,
        )
        async with (
            second_door(folder, config, settings, doorkeeper) as door,
            Endpoint.open(party, directory=NoDirectory()) as endpoint,
        ):
            doorkeeper.trust = endpoint.trust  # which hears of new roots
            doorkeeper.inside = lambda: endpoint.party.domain_card.inside
            async with beside(*_upkeep(endpoint, home)):
                ready()
                await door.closed()


async def _elsewhere(folder: DomainFolder, home: Home, ready: Callable[[], None]) -> None:
    """Needs another door for its own connection, and the CA to begin with."""
    settings, config = load_settings(folder.settings), load_config(folder.config)
    async with Endpoint.open(home.load(settings), directory=NoDirectory()) as endpoint:
        following = Following(endpoint)
        fresh = FreshDenials(following.catch_up, settings)
        await fresh.look()
        doorkeeper = Doorkeeper(
            endpoint.trust, fresh.denies, inside=lambda: endpoint.party.domain_card.inside
        )
        async with (
            second_door(folder, config, settings, doorkeeper) as door,
            beside(fresh.run(), *_upkeep(endpoint, home)),
        ):
            ready()
            await door.closed()


def _upkeep(endpoint: Endpoint, home: Home) -> tuple[Coroutine[None, None, None], ...]:
    """Hear of new roots, renew our own certificate, end when the broker is given up."""
    return (CardKeeper(endpoint, home).run(), OwnRenewal(endpoint, home).run(), endpoint.closed())


class FreshDenials:
    """Whether what we know of the CA's revocations is fresh enough to let anybody in."""

    def __init__(self, catch_up: Callable[[], Coroutine[None, None, None]], settings: Settings) -> None:
        """`catch_up` asks the CA for what is missing."""
        self._catch_up = catch_up
        self._settings = settings
        self._until = 0.0

    async def look(self) -> None:
        """Ask now. Raises what `catch_up` raises."""
        asked = asyncio.get_running_loop().time()
        await self._catch_up()
        self._until = asked + self._settings.admission_list_age_s

    async def run(self) -> None:
        """Go on asking, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.admission_follow_s)
            try:
                await self.look()
            except OverlayError as error:
                _log.warning("the CA does not say what it revoked: %s", error)

    def denies(self, _: int) -> bool:
        """Never by itself: who is revoked is denied by the trust store, which `catch_up` tells. Raises
        Unavailable when that was too long ago.
        """
        if asyncio.get_running_loop().time() > self._until:
            raise Unavailable("the CA has not said for too long what it revoked, so nobody is let in")
        return False
