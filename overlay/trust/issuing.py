"""Making certificates: a domain's root, and what its CA issues under it. Pure.

The issuer checks what it just made as a verifier would, before it hands it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from overlay.errors import BadCertificate, BadSignature
from overlay.naming.ids import PartyId, check_domain
from overlay.trust import profile
from overlay.trust.attributes import Attributes
from overlay.trust.identity import (
    NOTHING,
    Role,
    domain_of_root,
    identity_of,
    names_of,
    root_names,
    subject_of,
)
from overlay.trust.keys import SigningKey, new_id, verify
from overlay.trust.malformed import malformed_is_bad

BACKDATE_S = 60
"""New certificates begin this long ago: brokers and peers whose clocks are behind take them at once."""
MAX_CSR_BYTES = 16 * 1024


def new_root(domain: str, lifetime_s: float, now: float) -> tuple[x509.Certificate, SigningKey]:
    """A new root for `domain`. Each has a subject of its own, so that two may overlap in a renewal.

    Raises BadName, BadCertificate.
    """
    key = SigningKey.generate()
    name = f"{check_domain(domain)[:40]} root {new_id().hex()[:12]}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = (
        _builder(subject, subject, key.public, now, now + lifetime_s)
        .add_extension(profile.ROOT_CONSTRAINTS, critical=True)
        .add_extension(profile.key_usage(root=True), critical=True)
        .add_extension(x509.SubjectAlternativeName(root_names(domain)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public), critical=False)
        .sign(key.private, hashes.SHA256())
    )
    profile.check_root(root)
    return root, key


class Issuer:
    """Issues certificates under one root. Raises BadCertificate when root and key do not belong together."""

    def __init__(self, root: x509.Certificate, key: SigningKey) -> None:
        profile.check_root(root)
        if profile.public_key_of(root) != key.public:
            raise BadCertificate("this key is not the key of this root certificate")
        self.root = root
        self.domain = domain_of_root(root)
        self.key = key

    def issue(
        self,
        public_key: ec.EllipticCurvePublicKey,
        party: PartyId,
        role: Role,
        lifetime_s: float,
        now: float,
        *,
        attributes: Attributes = NOTHING,
        peer: str = "",
        hosts: Sequence[str] = (),
    ) -> x509.Certificate:
        """A certificate for `party`; it ends with the root at the latest. `hosts`: where a BROKER listens.

        Raises BadCertificate when key, party, role and the rest do not go together; Expired when the root is.
        """
        if party.domain != self.domain:
            raise BadCertificate(f"the CA of {self.domain} issues nothing for {party}")
        profile.check_key(public_key)
        profile.check_time(self.root, now, 0, f"the root certificate of {self.domain}")
        names = names_of(party, role, attributes, peer, tuple(hosts))
        end = min(now + lifetime_s, self.root.not_valid_after_utc.timestamp())
        issued_from = profile.public_key_of(self.root)
        certificate = (
            _builder(subject_of(party), self.root.subject, public_key, now, end)
            .add_extension(profile.LEAF_CONSTRAINTS, critical=True)
            .add_extension(profile.key_usage(root=False), critical=True)
            .add_extension(profile.purposes(role), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issued_from), critical=False)
            .sign(self.key.private, hashes.SHA256())
        )
        self._check(certificate, party, role, attributes, peer)
        _check_lifetime(certificate, now, end)
        return certificate

    def _check(
        self, certificate: x509.Certificate, party: PartyId, role: Role, attributes: Attributes, peer: str
    ) -> None:
        profile.check_leaf(certificate, role)
        profile.check_issued(certificate, self.root)
        said = identity_of(certificate)
        if (said.party, said.role, said.attributes, said.peer) != (party, role, attributes, peer):
            raise BadCertificate(f"the certificate made for {party} says something else; nothing was issued")


def _check_lifetime(certificate: x509.Certificate, now: float, end: float) -> None:
    """Raises BadCertificate unless it is good from now on, and no longer than was decided."""
    begins, ends = (
        moment.timestamp() for moment in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    if not (now - BACKDATE_S - 1 <= begins <= now and begins < ends <= end):
        raise BadCertificate("the certificate was made for another time than was decided; nothing was issued")


def make_csr(key: SigningKey, party: PartyId) -> bytes:
    """A request for a certificate, signed by its own key, in PEM (CA-1)."""
    request = x509.CertificateSigningRequestBuilder().subject_name(subject_of(party))
    return request.sign(key.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def check_csr(pem: bytes, party: PartyId | None = None) -> ec.EllipticCurvePublicKey:
    """The key of a certificate request, for `party` if given.

    Nothing but the key (and that subject) is taken from a request: the CA decides what a certificate says.
    Raises BadCertificate, naming the check that failed (CA-2).
    """
    if len(pem) > MAX_CSR_BYTES:
        raise BadCertificate(f"certificate request: {len(pem)} bytes are over the limit of {MAX_CSR_BYTES}")
    with malformed_is_bad("certificate request: it"):
        request = x509.load_pem_x509_csr(pem)
        key = _key_of(request)
        _check_self_signed(request, key)
        if party is not None and request.subject != subject_of(party):
            said = request.subject.rfc4514_string()
            raise BadCertificate(f"certificate request: subject: {said!r} is not 'CN={party.name}'")
    return key


def _key_of(request: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    try:
        return profile.check_key(request.public_key())
    except BadCertificate as error:
        raise BadCertificate(f"certificate request: key policy: {error}") from error


def _check_self_signed(request: x509.CertificateSigningRequest, key: ec.EllipticCurvePublicKey) -> None:
    if request.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise BadCertificate("certificate request: self-signature: it is not ECDSA with SHA-256")
    try:
        verify(key, request.signature, request.tbs_certrequest_bytes)
    except BadSignature as error:
        raise BadCertificate(
            "certificate request: self-signature: it was not signed by its own key"
        ) from error


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begin: float,
    end: float,
) -> x509.CertificateBuilder:
    if end <= begin:
        raise BadCertificate("a certificate needs a lifetime: the root ends before it would begin")
    moment = datetime.fromtimestamp(begin, UTC) - timedelta(seconds=BACKDATE_S)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment.replace(microsecond=0))
        .not_valid_after(datetime.fromtimestamp(end, UTC).replace(microsecond=0))
    )
