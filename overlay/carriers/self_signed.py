"""The certificate of an agent's HTTP server: made by itself, with the key that its CA certified. Pure.

An agent's certificate is for clients (`overlay.trust.profile`), so that no stolen one makes a broker. Clients
of the overlay compare the key, which they know from the agent's key card; others are given this certificate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from overlay.errors import BadCertificate
from overlay.trust.credentials import Credentials
from overlay.trust.malformed import malformed_is_bad
from overlay.trust.profile import public_key_of

_BACKDATE = timedelta(seconds=60)


def self_signed(credentials: Credentials, hosts: Sequence[str], now: float, days: float) -> bytes:
    """In PEM, for these hosts."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, credentials.party.name)])
    begin = datetime.fromtimestamp(now, UTC)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        x509.CertificateBuilder(name, name, credentials.key.public, x509.random_serial_number())
        .not_valid_before(begin - _BACKDATE)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(usage, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(credentials.key.private, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def check_server(shown: bytes | None, known: x509.Certificate) -> None:
    """Raises BadCertificate unless the server has the key of `known`; TLS proved that of `shown`."""
    if shown is None:
        raise BadCertificate("the HTTP server showed no certificate")
    with malformed_is_bad("the certificate of the HTTP server"):
        key = public_key_of(x509.load_der_x509_certificate(shown))
    if key != public_key_of(known):
        raise BadCertificate("the HTTP server does not have the key of the agent that it should be")


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
