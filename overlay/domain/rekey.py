"""A part of a domain gets new keys, because somebody else may have its own; those before count no more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.ca.protocol import Reason
from overlay.ca.revocation.protocol import REKEY_KIND, REKEYED_KIND, Replaced
from overlay.ca.revocation.rekey_desk import WHILE_UP
from overlay.clock import system_clock
from overlay.domain.ca_process import open_authority
from overlay.domain.child import SUPERVISOR, process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.health import check_health
from overlay.domain.operator import operator
from overlay.domain.parts import gateways, registries
from overlay.domain.root_files import RootFiles
from overlay.endpoint.domain_card import service_card
from overlay.endpoint.home import Home
from overlay.errors import BadInput, Refused, Unavailable
from overlay.naming.ids import ADMISSION, CA, GATEWAY, OPERATOR, PROVISIONER, REGISTRY, SERVICES, PartyId
from overlay.private_files import write_private
from overlay.settings import Settings, load_settings
from overlay.trust.bundle_news import highest_epoch
from overlay.trust.credentials import Credentials
from overlay.trust.identity import BROKER
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey
from overlay.trust.signed import make_signed
from overlay.turn import turn
from overlay.wire.request import encode_struct

PARTS = {
    "ca": CA,
    "registry": REGISTRY,
    "gateway": GATEWAY,
    "admission": ADMISSION,
    "provisioner": PROVISIONER,
    "operator": OPERATOR,
    "broker": BROKER,
}
_PROCESSES = (REGISTRY, GATEWAY, ADMISSION)
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it."""

    name: str
    serial: str
    """Of the certificate for the new key."""
    ended: tuple[str, ...]
    """The serials of those that count no more."""
    pending: bool = False
    """Whether broker or registry could not be told yet: the CA goes on trying."""
    serves: bool = True
    """Whether the part runs with its new keys now; else it does so when it is started."""


async def rekey(folder: DomainFolder, part: str, reason: Reason) -> Outcome:
    """New keys for that part, saved in the folder, then the end of all its other certificates. If it fails,
    do it again. Raises BadInput, Refused, NotFound, Unavailable, BadSettings.
    """
    name = PARTS.get(part)
    if name is None:
        raise BadInput(f"{part!r} has no key of the domain's own: {', '.join(PARTS)}")
    if load_config(folder.config).part:
        raise Refused(f"{folder.path} holds one part of a domain only: name the folder of the whole")
    up = any(process_of(folder, process).running() for process in (SUPERVISOR, "ca"))
    if up and name not in WHILE_UP:
        raise Refused(
            f"the {part}: only while the domain is down, since who has stolen that key could interfere. "
            f"`overlay down --home {folder.path}`, then this again, then `overlay up`"
        )
    settings = load_settings(folder.settings)
    return (
        await _while_up(folder, name, reason, settings) if up else _while_down(folder, name, reason, settings)
    )


async def _while_up(folder: DomainFolder, name: str, reason: Reason, settings: Settings) -> Outcome:
    home = _home(folder, name)
    before = {part: process_of(folder, part).pid for part in _processes(name, settings)}
    async with operator(folder) as hand:
        async with turn(home.lock):
            old = home.load(settings).credentials
            key = SigningKey.generate()
            proof = make_signed(REKEY_KIND, make_csr(key, old.party), old)
            fresh = _fresh(old, await hand.ca.rekey(proof), key)
            home.save_rekeyed(fresh)
        card = _card(fresh, settings) if name in SERVICES else b""
        told = make_signed(REKEYED_KIND, encode_struct(Replaced(reason, card)), fresh)
        revoked = await hand.ca.rekeyed(told)
        serves = all([await _restart(folder, part, pid, settings) for part, pid in before.items()])
        if revoked.pending:  # the registry itself had to start first
            revoked = await hand.ca.rekeyed(told)
    ended = tuple(item.serial for item in revoked.certificates)
    return Outcome(name, f"{fresh.identity.serial:x}", ended, revoked.pending, serves)


def _processes(name: str, settings: Settings) -> tuple[str, ...]:
    """That read these keys when they start."""
    if name == REGISTRY:
        return registries(settings)
    if name == GATEWAY:
        return gateways(settings.gateway_processes)
    return tuple(part for part, party in PARTS.items() if party == name and name in _PROCESSES)


async def _restart(folder: DomainFolder, part: str, before: int | None, settings: Settings) -> bool:
    """It may have ended by itself, having heard of the revocation. Returns whether it serves again, which is
    the supervisor's work.
    """
    process = process_of(folder, part)
    if process.pid == before:
        await process.stop(settings.service_stop_timeout_s)
    if not process_of(folder, SUPERVISOR).running():
        return False
    try:
        async with asyncio.timeout(settings.service_start_timeout_s):
            while not _serves(folder, part, before):
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError:
        return False
    return True


def _serves(folder: DomainFolder, part: str, before: int | None) -> bool:
    pid = process_of(folder, part).pid
    try:
        check_health(folder, part)
    except Unavailable:
        return False
    return pid is not None and pid != before


def _while_down(folder: DomainFolder, name: str, reason: Reason, settings: Settings) -> Outcome:
    """With the root's key. Who was not told of it yet hears it when the domain is up again."""
    if len(RootFiles(folder).load()) > 1:
        raise Refused("a rollover of the root is under way: bring the domain up and finish it first")
    founder = PartyId(OPERATOR, load_config(folder.config).domain)
    home = None if name == BROKER else _home(folder, name)
    with open_authority(folder, settings) as authority:
        key = SigningKey.generate()
        entry = authority.rekeying.certify(founder, name, key.public)
        if home is None:
            write_private(folder.broker_tls.key, key.to_pem())
            write_private(folder.broker_tls.certificate, entry.parsed.public_bytes(Encoding.PEM))
        else:
            fresh = _fresh(home.load(settings).credentials, entry.parsed, key)
            home.save_rekeyed(fresh)
            if name in SERVICES:
                _tell_services(folder, fresh, settings)
        ended = authority.rekeying.end_others(founder, entry.serial, reason)
    return Outcome(name, entry.serial, tuple(item.serial for item in ended), serves=False)


def _tell_services(folder: DomainFolder, fresh: Credentials, settings: Settings) -> None:
    """A newer card of the domain, which the CA tells when it starts: of an epoch that nobody used before."""
    homes = [home for part in PARTS.values() if (home := Home(folder.service(part))).exists()]
    cards = [home.load(settings).domain_card for home in homes]
    newest = max(cards, key=lambda card: card.epoch)
    epoch = max(newest.epoch + 1, highest_epoch(system_clock() + settings.clock_skew_s))
    services = {**newest.services, fresh.party.name: _card(fresh, settings)}
    for home in homes:
        home.save_card(msgspec.structs.replace(newest, services=services, epoch=epoch))


def _fresh(old: Credentials, certificate: x509.Certificate, key: SigningKey) -> Credentials:
    """The sealing key of before still opens what is on its way, and seals nothing new."""
    return Credentials(certificate, key, (SealingKey.generate(), *old.sealing[:1]), old.roots)


def _card(credentials: Credentials, settings: Settings) -> bytes:
    return service_card(credentials, settings, system_clock())


def _home(folder: DomainFolder, name: str) -> Home:
    home = Home(folder.service(name))
    if not home.exists():
        raise BadInput(f"a domain on this broker has no {name} with keys of its own")
    return home
