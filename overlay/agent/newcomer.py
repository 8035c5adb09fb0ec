"""Somebody who has a token of the CA and nothing else yet: enough to ask the CA."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.party import Party
from overlay.errors import Unreachable
from overlay.private_files import write_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.credentials import Credentials
from overlay.trust.keys import SealingKey, SigningKey


def newcomer(enrolment: bytes, pem: bytes, card: DomainCard, draft: Path, settings: Settings) -> Party:
    """The holder of an enrolment certificate (DER) and its key. Its files are in `draft`, to be removed."""
    roots = tuple(x509.load_pem_x509_certificate(root) for root in card.roots)
    certificate = x509.load_der_x509_certificate(enrolment)
    tls = TlsFiles(draft / "roots.pem", draft / "certificate.pem", draft / "key.pem")
    write_private(tls.ca, b"".join(card.roots))
    write_private(tls.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    write_private(tls.key, pem)
    key = SigningKey.from_pem(pem)
    credentials = Credentials(certificate, key, (SealingKey.generate(),), roots)
    return Party(credentials, card, settings, tls)


def not_let_in(error: Unreachable, kind: str) -> str:
    """What to tell whoever holds a token of this kind: where a broker listens, the token may be spent."""
    said = str(error)
    return said if said.endswith("?") else f"{said}. A {kind} token is good once: was it used before?"
