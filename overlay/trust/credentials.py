"""What a party proves itself with: certificate, keys and its domain's roots; as PEM, without files. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from overlay.errors import BadCertificate, BadInput, BadSettings
from overlay.naming.ids import PartyId
from overlay.trust import profile
from overlay.trust.identity import Identity, identity_of
from overlay.trust.keys import SealingKey, SigningKey

_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A party's own. `sealing` is newest first; older ones open what was sealed before the change.

    Raises BadCertificate when certificate and key do not belong together.
    """

    certificate: x509.Certificate
    key: SigningKey = field(repr=False)
    sealing: tuple[SealingKey, ...] = field(repr=False)
    roots: tuple[x509.Certificate, ...]
    identity: Identity = field(init=False)
    der: bytes = field(init=False, repr=False)
    """The certificate's bytes: every statement carries them, and making them takes a while."""

    def __post_init__(self) -> None:
        if profile.public_key_of(self.certificate) != self.key.public:
            raise BadCertificate("this private key is not the key of this certificate")
        object.__setattr__(self, "identity", identity_of(self.certificate))
        object.__setattr__(self, "der", self.certificate.public_bytes(serialization.Encoding.DER))

    @property
    def party(self) -> PartyId:
        """Whose they are."""
        return self.identity.party

    @property
    def certificate_pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(_PEM)

    @property
    def roots_pem(self) -> bytes:
        """The roots of the party's domain."""
        return b"".join(root.public_bytes(_PEM) for root in self.roots)

    @property
    def sealing_pem(self) -> bytes:
        """The sealing keys, newest first: keep them private."""
        return sealing_to_pem(self.sealing)

    def to_pem(self) -> bytes:
        """Everything, private keys too: keep it private."""
        return self.certificate_pem + self.key.to_pem() + self.sealing_pem + self.roots_pem

    @classmethod
    def from_pem(cls, *pem: bytes) -> Credentials:
        """From `to_pem`, or from its parts in this order: certificate, key, sealing keys, roots.

        Raises BadInput, BadCertificate.
        """
        blocks = _blocks(b"".join(pem))
        certificates = [_certificate(block) for label, block in blocks if label == b"CERTIFICATE"]
        private = [block for label, block in blocks if label == b"PRIVATE KEY"]
        if len(certificates) < 2 or not private or len(blocks) != len(certificates) + len(private):
            raise BadInput(
                "credentials are PEM blocks: the party's certificate, its private key, its sealing keys, "
                "and the roots of its domain"
            )
        key, sealing = SigningKey.from_pem(private[0]), sealing_from_pem(b"".join(private[1:]))
        return cls(certificates[0], key, sealing, tuple(certificates[1:]))


def sealing_to_pem(keys: Sequence[SealingKey]) -> bytes:
    """Sealing keys as PKCS #8 in PEM."""
    clear = serialization.NoEncryption()
    return b"".join(key.private.private_bytes(_PEM, _PKCS8, clear) for key in keys)


def sealing_from_pem(pem: bytes) -> tuple[SealingKey, ...]:
    """The inverse of `sealing_to_pem`. Raises BadInput."""
    return tuple(_sealing(block) for _, block in _blocks(pem))


def roots_from_pem(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Certificates from PEM. Raises BadInput."""
    return tuple(_certificate(block) for _, block in _blocks(pem))


def certificate_from_pem(pem: bytes, where: object) -> x509.Certificate:
    """The one that a file (`where`) holds. Raises BadSettings."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadSettings(f"{where} is no certificate: {error}") from error


def _blocks(pem: bytes) -> list[tuple[bytes, bytes]]:
    blocks = [(match.group(1), match.group(0)) for match in _BLOCK.finditer(pem)]
    if _BLOCK.sub(b"", pem).strip():
        raise BadInput("there is something between the PEM blocks, or one of them is cut off")
    return blocks


def _certificate(block: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except ValueError as error:
        raise BadInput(f"this PEM block is no certificate: {error}") from error


def _sealing(block: bytes) -> SealingKey:
    try:
        key = serialization.load_pem_private_key(block, password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"this PEM block is no unencrypted private key: {error}") from error
    if not isinstance(key, x25519.X25519PrivateKey):
        raise BadInput("a sealing key is an X25519 key")
    return SealingKey(key)
