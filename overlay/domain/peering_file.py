"""The file with which one domain asks another to federate, and the answer to it (GW-3). Pure.

It is signed by the gateway of the domain it speaks for, under the root inside it: this proves that it is all
there, and that the gateway holds its key. That the root is that domain's, people see by its fingerprint.
"""

from __future__ import annotations

import binascii
from base64 import standard_b64decode, standard_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from overlay.errors import BadInput, OverlayError
from overlay.naming.ids import check_domain
from overlay.transport.address import BrokerAddress
from overlay.trust.bundle import TrustBundle, TrustStore, fingerprint
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed, open_signed, unverified_payload
from overlay.wire.malformed import MALFORMED

KIND = "peering"
MAX_BYTES = 64 * 1024
_HEAD = "-----BEGIN OVERLAY PEERING-----"
_FOOT = "-----END OVERLAY PEERING-----"
_WIDTH = 76


class Peering(msgspec.Struct, frozen=True):
    """What a domain tells of itself to one that it wants to federate with."""

    domain: str
    bundle: bytes
    """`TrustBundle.to_bytes()`"""
    gateway: str
    """The name of its gateway."""
    addresses: tuple[str, ...]
    """Where its broker accepts gateways of peers."""
    csr: bytes
    """For the link certificate of its gateway at the other's broker, PEM."""
    answers: str = ""
    """The domain whose file this answers; empty: it is the first of the two."""
    link: bytes = b""
    """In an answer, the link certificate that was issued for that domain's gateway, PEM."""


@dataclass(frozen=True, slots=True)
class OpenedPeering:
    """A file that is whole and signed by its own gateway."""

    peering: Peering
    bundle: TrustBundle

    @property
    def fingerprint(self) -> str:
        """Of the domain's root that issues, for people to compare."""
        return fingerprint(self.bundle.roots[0])


def write_peering(peering: Peering, gateway: Credentials) -> str:
    """The file's text, signed by our gateway."""
    signed = standard_b64encode(make_signed(KIND, msgspec.msgpack.encode(peering), gateway)).decode()
    lines = [signed[at : at + _WIDTH] for at in range(0, len(signed), _WIDTH)]
    return "\n".join((_HEAD, *lines, _FOOT, ""))


def read_peering(text: str, now: float) -> OpenedPeering:
    """Raises BadInput, BadName, Untrusted: each says what is wrong with the file."""
    signed = _unwrap(text)
    try:
        claimed = _decode(unverified_payload(KIND, signed))
        bundle = TrustBundle.from_bytes(claimed.bundle)
    except OverlayError as error:
        raise BadInput(f"the peering file is damaged: {error}. Have it exported again") from error
    if bundle.domain != claimed.domain:
        raise BadInput(f"the peering file of {claimed.domain} holds the root of {bundle.domain}: refused")
    identity, payload = open_signed(KIND, signed, TrustStore(bundle), now)
    if identity.role is not Role.GATEWAY or identity.party.name != claimed.gateway:
        raise BadInput(
            f"the peering file is signed by {identity.party}, not by the gateway of {claimed.domain}"
        )
    return OpenedPeering(_decode(payload), bundle)


def in_turn(brokers: Sequence[BrokerAddress], told: Sequence[str]) -> tuple[str, ...]:
    """Addresses to dial: those found elsewhere, then the others of the file. Where a broker has virtual
    hosts, the file says which.
    """
    first = BrokerAddress.parse(told[0]) if told else None
    found = (str(replace(one, vhost=first.vhost)) for one in brokers if first and one.kind is first.kind)
    return tuple(dict.fromkeys((*found, *told)))


def _unwrap(text: str) -> bytes:
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(text) > MAX_BYTES or len(lines) < 3 or lines[0] != _HEAD or lines[-1] != _FOOT:
        raise BadInput("this is no peering file: make one with `overlay peer export` in the other domain")
    try:
        return standard_b64decode(
            "".join(lines[1:-1]).encode(),
        )
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"the peering file is damaged: {error}. Have it exported again") from error


def _decode(payload: bytes) -> Peering:
    try:
        peering = msgspec.msgpack.decode(payload, type=Peering)
    except MALFORMED as error:
        raise BadInput(f"the peering file is malformed: {error}. Have it exported again") from error
    check_domain(peering.domain)
    for url in peering.addresses:
        BrokerAddress.parse(url)
    return peering
