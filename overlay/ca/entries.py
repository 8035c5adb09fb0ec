"""What the CA remembers of a certificate and of a join token. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from overlay.ca.applications.application import Application
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
    qualification: str = ""
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

    @property
    def application(self) -> Application:
        """What its holder said of itself, and was granted."""
        attributes = self.identity.attributes
        return Application(
            organisation=attributes.organisation,
            qualification=self.qualification,
            developer=self.developer,
            function=attributes.function,
            scopes=attributes.scopes,
            skills=attributes.skills,
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A join token. Nothing of it is secret here: its holder proves the key of certificate `serial`."""

    id: str
    serial: str
    name: str
    terms: Application
    """What the operator fixed, and which skills and scopes are permitted."""
    again: bool
    expires_at: float
    spent_at: float | None = None
    issued: str = ""
    """The serial of the certificate that was issued for it."""
    enrolment: str = ""
    """The serial of a second enrolment certificate, which lasts while its application is held."""


class Decision(StrEnum):
    """What an administrator said to an application."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Request:
    """An application that is held, or was."""

    id: str
    token: str
    """The ID of the join token that it was made with."""
    name: str
    key: bytes
    """The newcomer's public key, DER."""
    asked: Application
    held: str
    """Why an administrator decides."""
    made_at: float
    decision: Decision = Decision.OPEN
    decided_at: float | None = None
    why: str = ""
    """Of a denied one."""
    issued: str = ""
    """Of an approved one: the serial of its certificate."""
    number: int = 0
    """In order of asking, from 1; 0 before it is stored."""
