"""A party's folder: its credentials, the card of its domain, and its state."""

from __future__ import annotations

from pathlib import Path

from overlay.brokers.private_files import check_private, private_folder, write_private
from overlay.clock import Clock, system_clock
from overlay.endpoint.directory import DomainCard
from overlay.endpoint.party import Party
from overlay.errors import BadSettings
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.credentials import Credentials


class Home:
    """The folder of one party. Everything in it is for its owner's eyes only, and that is checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "certificate.pem"
        self.key = folder / "key.pem"
        self.sealing = folder / "sealing.keys"
        self.domain_card = folder / "domain.card"
        self.roots = folder / "roots.pem"
        self.state = folder / "state.db"

    def exists(self) -> bool:
        """Whether a party was saved here."""
        return self.certificate.exists()

    def save(self, credentials: Credentials, domain_card: DomainCard) -> None:
        """Write, or write over (renewal). Each file is replaced whole."""
        raise NotImplementedError

    def load(self, settings: Settings, clock: Clock = system_clock) -> Party:
        """Raises BadSettings when something is missing, malformed or readable by others."""
        raise NotImplementedError
