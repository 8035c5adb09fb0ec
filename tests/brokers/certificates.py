"""A CA for tests of brokers: issues certificates into files."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from overlay.naming.ids import PartyId
from overlay.private_files import write_private
from overlay.transport.address import TlsFiles
from overlay.trust.bundle import TrustBundle
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SigningKey

DAY_S = 86400.0
_files = itertools.count(1)


class Ca:
    """The CA of one domain. Its root began yesterday, so that it can issue what has expired."""

    def __init__(self, folder: Path, domain: str = "a.example") -> None:
        self.domain = domain
        self.root, self.root_key = new_root(domain, 10 * DAY_S, time.time() - DAY_S)
        self.issuer = Issuer(self.root, self.root_key)
        self.bundle = TrustBundle(domain, (self.root,))
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{domain}-{next(_files)}.pem"
        self.file.write_bytes(self.root.public_bytes(Encoding.PEM))

    def certificate(
        self,
        name: str,
        role: Role = Role.AGENT,
        *,
        lifetime_s: float = DAY_S,
        age_s: float = 0.0,
        peer: str = "",
        host: str = "localhost",
    ) -> tuple[x509.Certificate, SigningKey]:
        """One for `name`, issued `age_s` ago, and its key. `host` is where a broker listens."""
        key = SigningKey.generate()
        party = PartyId.of(name, self.domain)
        hosts = (host,) if role is Role.BROKER else ()
        start = time.time() - age_s
        made = self.issuer.issue(key.public, party, role, lifetime_s, start, peer=peer, hosts=hosts)
        return made, key

    def issue(
        self,
        name: str,
        role: Role = Role.AGENT,
        *,
        lifetime_s: float = DAY_S,
        age_s: float = 0.0,
        peer: str = "",
    ) -> TlsFiles:
        """The same as files."""
        return self.write(*self.certificate(name, role, lifetime_s=lifetime_s, age_s=age_s, peer=peer))

    def write(self, certificate: x509.Certificate, key: SigningKey) -> TlsFiles:
        """The files of a party that holds this."""
        base = self._folder / f"party-{next(_files)}"
        files = TlsFiles(self.file, base.with_suffix(".pem"), base.with_suffix(".key"))
        files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        write_private(files.key, key.to_pem())
        return files

    def issued_by_an_agent(self, name: str) -> TlsFiles:
        """A certificate for `name` that an agent of this domain signed with its own key, and shows with its
        own certificate, so that the chain ends in our root.
        """
        signer, signer_key = self.certificate("signer")
        wanted, key = self.certificate(name)
        builder = x509.CertificateBuilder(
            issuer_name=signer.subject,
            subject_name=wanted.subject,
            public_key=key.public,
            serial_number=wanted.serial_number,
            not_valid_before=wanted.not_valid_before_utc,
            not_valid_after=wanted.not_valid_after_utc,
            extensions=[one for one in wanted.extensions if one.oid != ExtensionOID.AUTHORITY_KEY_IDENTIFIER],
        )
        files = self.write(builder.sign(signer_key.private, hashes.SHA256()), key)
        with files.certificate.open("ab") as chain:
            chain.write(signer.public_bytes(Encoding.PEM))
        return files


def serial_of(files: TlsFiles) -> int:
    """The serial number of a party's certificate."""
    return x509.load_pem_x509_certificate(files.certificate.read_bytes()).serial_number
