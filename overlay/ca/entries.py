"""What the CA remembers of a certificate and of a join token. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from overlay.trust.identity import Identity, identity_of


@dataclass(frozen=True, slots=True)
class Certificate:
    """An issued certificate and what became of it."""

    serial: str
    key: bytes
    """The public key, DER."""
    der: bytes
    issued_at: float
    not_after: float
    organisation: str = ""
    developer: str = ""
    function: str = ""
    revoked_at: float | None = None
    reason: str = ""
    number: int = 0
    """In order of issuing, from 1; 0 before it is stored."""

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate itself."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def identity(self) -> Identity:
        """Whom it names."""
        return identity_of(self.parsed)


@dataclass(frozen=True, slots=True)
class Token:
    """A join token. Nothing of it is secret here: its holder proves the key of certificate `serial`."""

    id: str
    serial: str
    name: str
    skills: tuple[str, ...]
    organisation: str
    again: bool
    expires_at: float
    spent_at: float | None = None
    issued: str = ""
    """The serial of the certificate that was issued for it."""
