"""X.509 revocation lists, for brokers that check a certificate's serial number only by these. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from overlay.errors import BadCertificate
from overlay.trust import profile
from overlay.trust.issuing import BACKDATE_S
from overlay.trust.keys import SigningKey


def make_revocation_list(
    root: x509.Certificate, key: SigningKey, serials: Iterable[int], now: float
) -> bytes:
    """The list of these, signed by the root's `key`, in PEM. It is good for as long as the root."""
    moment = datetime.fromtimestamp(now, UTC).replace(microsecond=0) - timedelta(seconds=BACKDATE_S)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(moment)
        .next_update(root.not_valid_after_utc)
    )
    for serial in sorted(set(serials)):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_revocation_list(pem: bytes, root: x509.Certificate) -> frozenset[int]:
    """The serial numbers in it. Raises BadCertificate if the root did not sign it."""
    try:
        found = x509.load_pem_x509_crl(pem)
    except ValueError as error:
        raise BadCertificate(f"this is not a revocation list: {error}") from error
    if found.issuer != root.subject or not found.is_signature_valid(profile.public_key_of(root)):
        raise BadCertificate("this revocation list was not signed by this root")
    return frozenset(entry.serial_number for entry in found)


def hashed_name(root: x509.Certificate) -> str:
    """How OpenSSL and Erlang name the files of this issuer: a hash of its subject without the outer header.

    Our roots' subjects are in their canonical form already: one UTF-8 name, lower case, single blanks.
    """
    subject = root.subject.public_bytes()
    header = 2 if subject[1] < 0x80 else 2 + (subject[1] & 0x7F)
    digest = hashlib.sha1(subject[header:], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"
