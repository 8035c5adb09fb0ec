"""A party's folder: its credentials, the card of its domain, and its state."""

from __future__ import annotations

from pathlib import Path

from overlay.clock import Clock, system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.party import Party
from overlay.errors import BadCertificate, BadInput, BadSettings
from overlay.private_files import check_private, private_folder, read_private, write_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.credentials import Credentials, sealing_from_pem


class Home:
    """The folder of one party. Everything in it is for its owner's eyes only, and that is checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "certificate.pem"
        self.key = folder / "key.pem"
        self.renewed = folder / "renewed.pem"
        """Certificate and key in one file: since a renewal with a new key they stand for the two above."""
        self.sealing = folder / "sealing.keys"
        self.domain_card = folder / "domain.card"
        self.roots = folder / "roots.pem"
        self.state = folder / "state.db"
        self.lock = folder / "renewing.lock"
        """Of those who give the party other keys: one process after the other takes its `turn`."""

    def exists(self) -> bool:
        """Whether a party was saved here."""
        return self.certificate.exists() or self.renewed.exists()

    @property
    def tls(self) -> TlsFiles:
        """The files with which the party goes to its broker."""
        pair = (self.renewed, self.renewed) if self.renewed.exists() else (self.certificate, self.key)
        return TlsFiles(self.roots, *pair)

    def save(self, credentials: Credentials, domain_card: DomainCard) -> None:
        """Write, or write over (renewal). Each file is replaced whole."""
        private_folder(self.folder)
        write_private(self.key, credentials.key.to_pem())
        write_private(self.sealing, credentials.sealing_pem)
        self.save_card(domain_card)
        self.save_certificate(credentials)
        self.renewed.unlink(missing_ok=True)

    def save_card(self, domain_card: DomainCard) -> None:
        """What the domain is now."""
        write_private(self.roots, b"".join(domain_card.roots))
        write_private(self.domain_card, domain_card.to_bytes())

    def save_certificate(self, credentials: Credentials) -> None:
        """A new certificate for the key that is here."""
        write_private(self.certificate, credentials.certificate_pem)

    def save_rekeyed(self, credentials: Credentials) -> None:
        """Other keys, of a party that reads its files when it starts or logs in. Whoever is ended at any
        moment of this leaves a usable pair: until both files are there, the one that has both counts.
        """
        write_private(self.sealing, credentials.sealing_pem)
        write_private(self.renewed, credentials.certificate_pem + credentials.key.to_pem())
        write_private(self.key, credentials.key.to_pem())
        write_private(self.certificate, credentials.certificate_pem)
        self.renewed.unlink()

    def save_renewed(self, credentials: Credentials) -> None:
        """A new certificate with a new key, and the sealing keys. Whoever is ended at any moment of this
        leaves a usable pair; connections of before go on with theirs.
        """
        if sealing_from_pem(read_private(self.sealing))[0].key_id != credentials.sealing[0].key_id:
            write_private(self.sealing, credentials.sealing_pem)
        renewed_before = self.renewed.exists()
        write_private(self.renewed, credentials.certificate_pem + credentials.key.to_pem())
        if renewed_before:  # nobody uses those of the first certificate any more
            self.key.unlink(missing_ok=True)
            self.certificate.unlink(missing_ok=True)

    def load(self, settings: Settings, clock: Clock = system_clock) -> Party:
        """Raises BadSettings when something is missing, malformed or readable by others."""
        check_private(self.folder)
        tls = self.tls
        pair = dict.fromkeys((tls.certificate, tls.key))  # which may be one file
        parts = [read_private(path) for path in (*pair, self.sealing, self.roots)]
        try:
            credentials = Credentials.from_pem(*parts)
            domain_card = DomainCard.from_bytes(read_private(self.domain_card))
        except (BadInput, BadCertificate) as error:
            raise BadSettings(f"{self.folder} holds no usable party: {error}") from error
        if domain_card.domain != credentials.party.domain:
            raise BadSettings(f"{self.folder} has {credentials.party} beside a card of {domain_card.domain}")
        return Party(
            credentials,
            domain_card,
            settings,
            tls=tls,
            state_path=self.state,
            clock=clock,
        )
