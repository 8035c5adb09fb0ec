"""The processes of a domain. Each runs until cancelled, and says when it serves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from cryptography import x509

from bridges.service import run_gateway
from overlay.ca.authority import Authority
from overlay.ca.directory import NoDirectory
from overlay.ca.following import Following
from overlay.ca.policy_file import PolicyFile
from overlay.ca.service import CaService
from overlay.ca.store import CaStore
from overlay.clock import system_clock
from overlay.domain.admission import run_admission
from overlay.domain.broker_access import broker_access
from overlay.domain.child import process_of
from overlay.domain.config import load_config
from overlay.domain.create import parties_of
from overlay.domain.folder import DomainFolder
from overlay.domain.health import beating
from overlay.domain.intake import BrokerIntake
from overlay.domain.peering import link_files
from overlay.domain.service import supervise
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import BadInput, BadSettings, Refused
from overlay.naming.ids import CA, GATEWAY, REGISTRY
from overlay.private_files import check_private, private_folder, read_private, write_private
from overlay.registry.directory import OwnDirectory
from overlay.registry.registry import Registry
from overlay.registry.service import RegistryService
from overlay.registry.store import RegistryStore
from overlay.settings import Settings, load_settings
from overlay.trust.identity import Identity, identity_of
from overlay.trust.issuing import Issuer
from overlay.trust.keys import SigningKey

Ready = Callable[[], None]


async def serve_part(part: str, folder: DomainFolder, ready: Ready) -> None:
    """Run one part, or `all` of them under a supervisor. Raises BadInput for another word, Refused
    for a part that is in another folder.
    """
    runs = {"ca": run_ca, "admission": run_admission, "registry": run_registry, "gateway": _run_gateway}
    if part == "all":
        await supervise(folder, ready)
    elif part in runs:
        _check_here(folder, part)
        with _alone(folder, part):
            async with beating(folder, part, ready) as tell:
                await runs[part](folder, tell)
    else:
        raise BadInput(f"{part!r} is no part of a domain: all, ca, admission, registry or gateway")


def _check_here(folder: DomainFolder, part: str) -> None:
    alone = load_config(folder.config).part
    if alone not in ("", part):
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


async def run_ca(folder: DomainFolder, ready: Ready) -> None:
    """The CA, with admission to the broker: nobody comes in before it runs."""
    settings = load_settings(folder.settings)
    party = Home(folder.service(CA)).load(settings)
    with _authority(folder, settings) as authority:
        trust = party.trust_store()
        for serial in authority.denied().serials:
            trust.deny(authority.domain, int(serial, 16))
        config = load_config(folder.config)
        async with broker_access(folder, config, settings, trust) as access:
            intake = BrokerIntake(access)
            for name in parties_of(config.broker):
                await intake.take_in(_identity(folder, name))
            async with Endpoint.open(party, directory=NoDirectory()) as endpoint:
                service = CaService(endpoint, authority, intake, partial(write_private, folder.crl))
                await service.serve()
                async with beside(service.run(), access.admission.closed()):
                    ready()
                    await endpoint.closed()


def _identity(folder: DomainFolder, name: str) -> Identity:
    """Of another service: its certificate is here, its key need not be."""
    file = Home(folder.service(name)).certificate
    try:
        return identity_of(x509.load_pem_x509_certificate(read_private(file)))
    except ValueError as error:
        raise BadSettings(f"{file} is no certificate: {error}") from error


@contextmanager
def _authority(folder: DomainFolder, settings: Settings) -> Iterator[Authority]:
    check_private(folder.root_key.parent)
    try:
        root = x509.load_pem_x509_certificate(folder.root_certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise BadSettings(f"{folder.root_certificate} is no certificate: {error}") from error
    issuer = Issuer(root, SigningKey.from_pem(read_private(folder.root_key)))
    store = CaStore(folder.ca_store, system_clock, settings.audit_buffer)
    try:
        authority = Authority(issuer, store, settings, system_clock)
        authority.use_policy(PolicyFile(folder.policy))
        yield authority
    finally:
        store.close()


async def run_registry(folder: DomainFolder, ready: Ready) -> None:
    """The registry."""
    settings = load_settings(folder.settings)
    party = Home(folder.service(REGISTRY)).load(settings)
    store = RegistryStore(folder.registry_store, system_clock, settings.audit_buffer)
    try:
        async with Endpoint.open(party) as endpoint:
            registry = Registry(store, endpoint.trust, settings, system_clock)
            endpoint.use_directory(OwnDirectory(registry, endpoint.trust))
            service = RegistryService(endpoint, registry)
            following = Following(endpoint)
            await service.serve()
            async with beside(service.run(), following.run()):
                ready()
                await endpoint.closed()
    finally:
        store.close()


async def _run_gateway(folder: DomainFolder, ready: Ready) -> None:
    settings = load_settings(folder.settings)
    party = Home(folder.service(GATEWAY)).load(settings)
    await run_gateway(party, lambda domain: link_files(folder, domain), ready)
