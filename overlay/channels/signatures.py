"""Who published what: signatures in channels that are signed. Pure.

What is sealed in such a channel is not the content itself but a `Signed`: the content with its publisher's
signature over it and over the whole header of the envelope, which names channel, epoch, sender, the sending
process and the nonce. So no member, broker or gateway can publish in another's name, nor move what somebody
published to another place. What is published together has one signature, over the root of a tree of hashes:
each message carries its way to the root.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from cryptography import x509

from overlay.clock import Clock
from overlay.errors import BadCertificate, BadEnvelope, BadSignature, OverlayError
from overlay.naming.ids import PartyId
from overlay.trust import profile
from overlay.trust.bundle import TrustStore, load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.keys import verify
from overlay.wire.malformed import MALFORMED

_PREFIX = b"agent-overlay/channel-signature/v1\x00"
MAX_DEPTH = 8
"""Of a tree: 256 messages under one signature."""
K = TypeVar("K")
V = TypeVar("V")


class UnknownCertificate(OverlayError):
    """Signed with a certificate that did not come yet; a later message of the same sender brings it."""

    reason = "unknown-certificate"
    retry = True


class Signed(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed instead of the content alone."""

    content: bytes
    signature: bytes
    """By the key of the publisher's certificate, over the root."""
    name: bytes
    """SHA-256 of that certificate."""
    certificate: bytes = b""
    """It itself, where who reads may not have it."""
    place: int = 0
    """Of this message in the tree."""
    way: tuple[bytes, ...] = ()
    """The hashes beside the way from it to the root."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Signed)


def leaf_of(header: bytes, content: bytes) -> bytes:
    """Of one message."""
    return hashlib.sha256(b"\x00" + hashlib.sha256(header).digest() + content).digest()


def sign_leaves(leaves: Sequence[bytes], credentials: Credentials) -> list[Signed]:
    """One signature for 1 to 256 messages: a proof for each, without content and certificate."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        if len(below) % 2:
            below.append(below[-1])
        levels.append([_above(below[at], below[at + 1]) for at in range(0, len(below), 2)])
    name = hashlib.sha256(credentials.der).digest()
    signature = credentials.key.sign(_PREFIX + name + levels[-1][0])
    return [
        Signed(b"", signature, name, b"", place, tuple(_beside(levels, place)))
        for place in range(len(leaves))
    ]


def with_content(proof: Signed, content: bytes, certificate: bytes) -> bytes:
    """What is to be sealed."""
    return _encoder.encode(Signed(content, proof.signature, proof.name, certificate, proof.place, proof.way))


class Signatures:
    """Checks what was published. Remembers certificates, and roots that were signed; bounded."""

    def __init__(self, trust: TrustStore, clock: Clock, most: int) -> None:
        self._trust = trust
        self._clock = clock
        self._most = most
        self._certificates: OrderedDict[bytes, tuple[x509.Certificate, bytes]] = OrderedDict()
        self._roots: OrderedDict[tuple[bytes, bytes], bytes] = OrderedDict()
        self.learned = 0
        """How many certificates came."""

    def open(self, sender: PartyId, header: bytes, data: bytes) -> bytes:
        """The content, which `sender` published under this header, now or before.

        Raises BadEnvelope, BadSignature, BadCertificate (UnknownDomain, UnknownRoot), Expired,
        UnknownCertificate.
        """
        signed = _decode(data)
        certificate, der = self._certificate(signed)
        identity = self._trust.verify(certificate, self._clock(), der)  # anew each time: it may be revoked
        if identity.role is not Role.AGENT or identity.party != sender:
            raise BadSignature(f"what {sender} seems to have published is signed by {identity.party}")
        root = _root(leaf_of(header, signed.content), signed.place, signed.way)
        if self._roots.get((signed.name, root)) != signed.signature:
            verify(profile.public_key_of(certificate), signed.signature, _PREFIX + signed.name + root)
            if signed.way:
                _keep(self._roots, (signed.name, root), signed.signature, self._most)
        if signed.certificate and signed.name not in self._certificates:
            _keep(self._certificates, signed.name, (certificate, der), self._most)
            self.learned += 1
        return signed.content

    def _certificate(self, signed: Signed) -> tuple[x509.Certificate, bytes]:
        known = self._certificates.get(signed.name)
        if known is not None:
            return known
        if not signed.certificate:
            raise UnknownCertificate("the certificate of who published this has not come yet")
        if hashlib.sha256(signed.certificate).digest() != signed.name:
            raise BadCertificate("a publication brings another certificate than the one that it names")
        return load_certificate(signed.certificate), signed.certificate


def _decode(data: bytes) -> Signed:
    try:
        signed = _decoder.decode(data)
    except MALFORMED as error:
        raise BadSignature("it is not signed, and this channel is one in which everything is") from error
    if len(signed.way) > MAX_DEPTH or any(len(one) != 32 for one in signed.way):
        raise BadEnvelope(f"a signature is for at most {2**MAX_DEPTH} messages")
    return signed


def _root(leaf: bytes, place: int, way: Sequence[bytes]) -> bytes:
    for beside in way:
        leaf = _above(beside, leaf) if place & 1 else _above(leaf, beside)
        place >>= 1
    return leaf


def _above(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _beside(levels: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    found = []
    for level in levels[:-1]:
        found.append(level[place ^ 1])
        place >>= 1
    return found


def _keep(memory: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    if len(memory) > most:
        memory.popitem(last=False)
