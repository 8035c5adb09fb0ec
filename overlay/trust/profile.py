"""What certificates of the overlay look like, beside their names: extensions, keys, times. Pure.

`Issuer` writes by it and `TrustStore` reads by it, so what one makes the other accepts, and nothing else.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from overlay.errors import BadCertificate, BadSignature, Expired
from overlay.trust.identity import Role
from overlay.trust.keys import verify
from overlay.trust.malformed import malformed_is_bad

_KNOWN_CRITICAL = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.SubjectAlternativeName.oid,
}
ROOT_CONSTRAINTS = x509.BasicConstraints(ca=True, path_length=0)
LEAF_CONSTRAINTS = x509.BasicConstraints(ca=False, path_length=None)


def key_usage(*, root: bool) -> x509.KeyUsage:
    """Roots sign certificates and revocation lists, parties sign everything else."""
    return x509.KeyUsage(
        digital_signature=not root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=root,
        crl_sign=root,
        encipher_only=False,
        decipher_only=False,
    )


def purposes(role: Role) -> x509.ExtendedKeyUsage:
    """Brokers are TLS servers and never clients; everybody else is a client and never a server."""
    server = role is Role.BROKER
    return x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH]
    )


def public_key_of(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The certificate's key. Raises BadCertificate unless it is on P-256."""
    with malformed_is_bad("the certificate's key"):
        return check_key(certificate.public_key())


def check_key(key: object) -> ec.EllipticCurvePublicKey:
    """`key`, if it is what this overlay's certificates hold. Raises BadCertificate."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    kind = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__
    raise BadCertificate(f"the key is not on the curve P-256 but {kind}: generate a P-256 key")


def check_root(root: x509.Certificate) -> None:
    """Raises BadCertificate unless this is a self-signed root as `new_root` makes them."""
    extensions = _extensions(root)
    if _value(extensions, x509.BasicConstraints) != ROOT_CONSTRAINTS:
        raise BadCertificate("a root certificate is a CA with path length 0")
    if _value(extensions, x509.KeyUsage) != key_usage(root=True):
        raise BadCertificate(
            "a root certificate's key signs certificates and revocation lists, and nothing else"
        )
    check_issued(root, root)


def check_leaf(certificate: x509.Certificate, role: Role) -> None:
    """Raises BadCertificate unless extensions and key are those of a party of this role."""
    extensions = _extensions(certificate)
    if _value(extensions, x509.BasicConstraints) != LEAF_CONSTRAINTS:
        raise BadCertificate("a party's certificate says that it is no CA")
    if _value(extensions, x509.KeyUsage) != key_usage(root=False):
        raise BadCertificate("a party's certificate is for signatures and nothing else")
    if _value(extensions, x509.ExtendedKeyUsage) != purposes(role):
        raise BadCertificate(f"the certificate's purposes are not those of a {role}")
    public_key_of(certificate)


def check_issued(certificate: x509.Certificate, root: x509.Certificate) -> None:
    """Raises BadCertificate unless `root` signed `certificate`."""
    with malformed_is_bad("the certificate"):
        if certificate.issuer != root.subject:
            raise BadCertificate("the certificate was issued by another root")
        if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
            raise BadCertificate("the certificate is not signed with ECDSA and SHA-256")
    try:
        verify(public_key_of(root), certificate.signature, certificate.tbs_certificate_bytes)
    except BadSignature as error:
        raise BadCertificate("the root that this certificate names did not sign it") from error


def check_time(certificate: x509.Certificate, now: float, skew_s: float, what: str) -> None:
    """Raises Expired when `now` is after its validity, BadCertificate when before."""
    if now > certificate.not_valid_after_utc.timestamp() + skew_s:
        raise Expired(f"{what} expired at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC: renew it")
    if now < certificate.not_valid_before_utc.timestamp() - skew_s:
        raise BadCertificate(
            f"{what} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC: "
            "compare the clocks of the two machines"
        )


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    with malformed_is_bad("an extension of the certificate"):
        extensions = certificate.extensions
    for extension in extensions:
        if extension.critical and extension.oid not in _KNOWN_CRITICAL:
            raise BadCertificate(f"critical extension {extension.oid.dotted_string} is unknown here")
    return extensions


def _value(extensions: x509.Extensions, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
