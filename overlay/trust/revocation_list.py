"""X.509 revocation lists (RFC 5280 §5): what a CA publishes, and what some brokers read. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from overlay.errors import BadCertificate
from overlay.trust import profile
from overlay.trust.issuing import BACKDATE_S
from overlay.trust.keys import SigningKey


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """A certificate on the list; `reason` says why, where that is known."""

    serial: int
    at: float
    reason: x509.ReasonFlags | None = None


def make_revocation_list(
    root: x509.Certificate,
    key: SigningKey,
    entries: Iterable[RevokedEntry],
    *,
    number: int,
    now: float,
    until: float,
) -> bytes:
    """The list `number` of these, signed by the root's `key`, in PEM. A later one has a higher number, and
    is there before `until`.
    """
    # The builder's own methods copy the whole list for each entry.
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=root.subject,
        last_update=_moment(now - BACKDATE_S),
        next_update=_moment(min(until, root.not_valid_after_utc.timestamp())),
        revoked_certificates=[_entry(one) for one in sorted(entries, key=lambda one: one.serial)],
    )
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(profile.public_key_of(root))
    signed = (
        builder.add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(signer, critical=False)
        .sign(key.private, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM)


def read_revocation_list(pem: bytes, root: x509.Certificate) -> x509.CertificateRevocationList:
    """The list, if this root signed it, however old it is. Raises BadCertificate."""
    try:
        found = x509.load_pem_x509_crl(pem)
    except ValueError as error:
        raise BadCertificate(f"this is not a revocation list: {error}") from error
    if found.issuer != root.subject or not found.is_signature_valid(profile.public_key_of(root)):
        raise BadCertificate("this revocation list was not signed by this root")
    return found


def hashed_name(root: x509.Certificate) -> str:
    """How OpenSSL and Erlang name the files of this issuer: a hash of its subject without the outer header.

    Our roots' subjects are in their canonical form already: one UTF-8 name, lower case, single blanks.
    """
    subject = root.subject.public_bytes()
    header = 2 if subject[1] < 0x80 else 2 + (subject[1] & 0x7F)
    digest = hashlib.sha1(subject[header:], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _entry(one: RevokedEntry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(one.serial, _moment(one.at))
    if one.reason is not None:
        builder = builder.add_extension(x509.CRLReason(one.reason), critical=False)
    return builder.build()


def _moment(seconds: float) -> datetime:
    """As the builder keeps it: in UTC, without saying so."""
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0, tzinfo=None)
