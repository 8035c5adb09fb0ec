"""What an attacker can make: certificates that say anything, envelopes changed on the way. And a clean room
with a domain of its own, to make them from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from overlay.naming.ids import PartyId
from overlay.trust import profile
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import KeyCard, make_card, open_card
from overlay.trust.keys import SealingKey, SigningKey
from overlay.wire.envelope import Header, decode_envelope, encode_envelope, encode_header

DAY_S = 86400.0
_LEAF_USAGE = profile.key_usage(root=False)

CertificateKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class CleanRoom:
    """A domain with a CA of its own: its parties, and what others may believe of it."""

    def __init__(
        self, domain: str, now: float, root: tuple[x509.Certificate, SigningKey] | None = None
    ) -> None:
        """`root`: a stolen one; else it makes its own."""
        self.domain = domain
        self.now = now
        self.root, self.root_key = root or new_root(domain, 1000 * DAY_S, now)
        self.issuer = Issuer(self.root, self.root_key)
        self.bundle = TrustBundle(domain, (self.root,))

    def party(
        self, name: str, role: Role = Role.AGENT, *, lifetime_s: float = 100 * DAY_S, peer: str = ""
    ) -> Credentials:
        """Credentials as the CA gives them."""
        key = SigningKey.generate()
        party = PartyId.of(name, self.domain)
        certificate = self.issuer.issue(key.public, party, role, lifetime_s, self.now, peer=peer)
        return Credentials(certificate, key, (SealingKey.generate(),), (self.root,))

    def store(self, *peers: CleanRoom) -> TrustStore:
        """What a party of this domain pins, with these peers."""
        store = TrustStore(self.bundle)
        for peer in peers:
            store.add(peer.bundle)
        return store

    def card(self, credentials: Credentials) -> KeyCard:
        """The opened key card of one of its parties."""
        return open_card(make_card(credentials, self.now), self.store(), self.now)

    def template(self, party: PartyId, role: Role = Role.AGENT) -> Template:
        """A certificate for `party` that this CA would sign, to be changed by `dataclasses.replace`."""
        uris = (party.did, f"urn:agent-overlay:role:{role}")
        key = SigningKey.generate().public
        return Template(self, party.name, uris, key, profile.purposes(role), self.now, self.now + DAY_S)


@dataclass(frozen=True)
class Template:
    """Everything a certificate may say, true or not."""

    signer: CleanRoom
    common_name: str
    uris: tuple[str, ...]
    key: CertificateKey
    purposes: x509.ExtendedKeyUsage
    begin: float
    end: float
    constraints: x509.BasicConstraints = profile.LEAF_CONSTRAINTS
    usage: x509.KeyUsage = _LEAF_USAGE
    dns: tuple[str, ...] = ()
    extra: x509.UnrecognizedExtension | None = None
    """A further critical extension."""
    issuer: x509.Name | None = None
    """Whom it names as its issuer, if not the signer."""

    def sign(self) -> x509.Certificate:
        """The certificate, signed by `signer`."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.common_name)])
        uris = [x509.UniformResourceIdentifier(uri) for uri in self.uris]
        names = x509.SubjectAlternativeName([*uris, *(x509.DNSName(host) for host in self.dns)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.issuer or self.signer.root.subject)
            .public_key(self.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.fromtimestamp(self.begin, UTC))
            .not_valid_after(datetime.fromtimestamp(self.end, UTC))
            .add_extension(self.constraints, critical=True)
            .add_extension(self.usage, critical=True)
            .add_extension(self.purposes, critical=False)
            .add_extension(names, critical=False)
        )
        if self.extra is not None:
            builder = builder.add_extension(self.extra, critical=True)
        return builder.sign(self.signer.root_key.private, hashes.SHA256())

    def changed(self, **changes: object) -> x509.Certificate:
        """The certificate with some of it changed."""
        return replace(self, **changes).sign()  # type: ignore[arg-type]


def changed_header(data: bytes, **changes: object) -> bytes:
    """An envelope with fields of its header changed; the seal is left as it was."""
    envelope = decode_envelope(data)
    header: Header = msgspec.structs.replace(envelope.header, **changes)
    return encode_envelope(encode_header(header), envelope.sealed)


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
