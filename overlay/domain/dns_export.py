"""What a domain publishes for others to find it: records for the DNS, files for a web server (REG-9)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from overlay.dns.records import Publication, publication
from overlay.dns.root_digest import root_digest
from overlay.dns.statement import Statement
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.peering import answers_of, export_peering
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import GATEWAY, PartyId
from overlay.settings import load_settings
from overlay.transport.address import BrokerAddress
from overlay.trust.credentials import Credentials

WELL_KNOWN = ".well-known"
PEERING = "overlay-peering.txt"
ANSWERS = "overlay-answers"


def records_of(folder: DomainFolder, web: str = "", *, written: bool = False) -> Publication:
    """The records; `web` is where the files are, if not under the domain's own name; `written`: they are.
    Raises BadInput.
    """
    config = load_config(folder.config)
    roots = tuple(root_digest(root) for root in _gateway(folder).roots)
    said = Statement(PartyId(GATEWAY, config.domain), roots, web)
    brokers = [BrokerAddress.parse(url) for url in config.addresses_for_peers]
    return publication(said, brokers, written=written)


def good_until(folder: DomainFolder) -> datetime:
    """Until when files written now are taken: the gateway that signs them has no longer certificate."""
    return _gateway(folder).certificate.not_valid_after_utc


def write_web(folder: DomainFolder, out: Path) -> list[Path]:
    """Write our peering file, and our answers to peers, for a web server; those to former peers go.

    Raises BadSettings.
    """
    inside = out / WELL_KNOWN
    pages = {inside / PEERING: export_peering(folder)[0]}
    pages |= {inside / answer_name(domain): text for domain, text in answers_of(folder).items()}
    try:
        for file, text in pages.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{file.name}.new")
            draft.write_text(text)
            draft.replace(file)
        for file in (inside / ANSWERS).glob("*.txt"):
            if file not in pages:
                file.unlink()
    except OSError as error:
        raise BadSettings(f"{error.filename} cannot be written: {error.strerror}") from error
    return list(pages)


def answer_name(domain: str) -> str:
    """Where our answer to `domain` is, beside the peering file."""
    return f"{ANSWERS}/{domain}.txt"


def _gateway(folder: DomainFolder) -> Credentials:
    return Home(folder.service(GATEWAY)).load(load_settings(folder.settings)).credentials
