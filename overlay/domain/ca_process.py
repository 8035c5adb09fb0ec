"""The process of a domain's CA, which is also its hand on the broker: nobody comes in before it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from overlay.ca.applications.policy_file import PolicyFile
from overlay.ca.authority import Authority
from overlay.ca.directory import NoDirectory
from overlay.ca.revocation.rekey_desk import RekeyDesk
from overlay.ca.roots.card_desk import CardDesk
from overlay.ca.roots.inside_desk import InsideDesk
from overlay.ca.roots.link_desk import LinkDesk
from overlay.ca.roots.rollover import RootRollover
from overlay.ca.service import CaService
from overlay.ca.store import CaStore
from overlay.clock import system_clock
from overlay.domain.broker_access import broker_access
from overlay.domain.ca_folder import CaFolder
from overlay.domain.config import load_config
from overlay.domain.create import parties_of
from overlay.domain.folder import DomainFolder
from overlay.domain.intake import BrokerIntake
from overlay.domain.root_files import RootFiles
from overlay.endpoint.background import beside
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.rounds import rounds
from overlay.naming.ids import CA, PROVISIONER
from overlay.private_files import read_private, write_private
from overlay.settings import Settings, load_settings
from overlay.trust.credentials import certificate_from_pem
from overlay.trust.identity import Identity, identity_of
from overlay.trust.serials import parse_serial

_log = logging.getLogger(__name__)


async def run_ca(folder: DomainFolder, ready: Callable[[], None]) -> None:
    """Until cancelled. Raises OverlayError."""
    settings = load_settings(folder.settings)
    home = Home(folder.service(CA))
    party = home.load(settings)
    with open_authority(folder, settings) as authority:
        trust = party.trust_store()
        for serial in authority.denied().serials:
            trust.deny(authority.domain, parse_serial(serial))
        config = load_config(folder.config)
        inside = party.domain_card.inside

        def keep(card: DomainCard) -> None:
            nonlocal inside
            inside = card.inside
            if (provisioner := Home(folder.service(PROVISIONER))).exists():
                provisioner.save_card(card)
            home.save_card(card)
            trust.add(card.bundle)

        async with broker_access(folder, config, settings, trust, lambda: inside) as access:
            intake = BrokerIntake(access, authority.store.readers.read_by)
            for name in parties_of(config.broker):
                await intake.take_in(_identity(folder, name))
            async with Endpoint.open(party, directory=NoDirectory()) as endpoint:
                cards = CardDesk(endpoint, authority.store.rollover, keep)
                own = CaFolder(folder, authority, endpoint, cards)
                service = CaService(endpoint, authority, intake, partial(write_private, folder.crl))
                rollover = RootRollover(authority, cards, RootFiles(folder), own, service.sweep)
                rollover.resume()
                cards.use_brokers(config.addresses)
                rekeying = RekeyDesk(endpoint, authority, cards, intake, service.sweep)
                ways = InsideDesk(authority, cards, intake)
                service.open(cards, rollover, LinkDesk(authority), rekeying, ways)
                await service.serve()
                runs = (
                    service.run(),
                    access.admission.closed(),
                    cards.run(),
                    own.run(),
                    rollover.run(),
                    ways.run(),
                    rounds(access.provisioner.sweep, settings.store_sweep_s, _log, "sweeping the broker"),
                )
                async with beside(*runs):
                    ready()
                    await endpoint.closed()


def _identity(folder: DomainFolder, name: str) -> Identity:
    """Of another service: its certificate is here, its key need not be."""
    file = Home(folder.service(name)).certificate
    return identity_of(certificate_from_pem(read_private(file), file))


@contextmanager
def open_authority(folder: DomainFolder, settings: Settings) -> Iterator[Authority]:
    """The CA's decisions over the files of a domain's folder: for one process at a time."""
    issuer = RootFiles(folder).load()[0]
    store = CaStore(folder.ca_store, system_clock, settings.audit_buffer)
    try:
        authority = Authority(issuer, store, settings, system_clock)
        authority.use_policy(PolicyFile(folder.policy))
        yield authority
    finally:
        store.close()
