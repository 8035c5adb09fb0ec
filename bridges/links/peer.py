"""A peered domain, as our operator configured it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509

from overlay.errors import BadCertificate, BadInput, Untrusted
from overlay.naming.ids import GATEWAY, PartyId
from overlay.registry.peers.relation import PLAIN, Standing
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.trust.attributes import Attributes
from overlay.trust.bundle import TrustBundle, TrustStore, UnknownRoot
from overlay.trust.bundle_news import open_bundle_news
from overlay.trust.identity import Identity, Role
from overlay.trust.keycard import open_card

Denied = Callable[[str, int], bool]
"""Whether the certificate of a domain with a serial was revoked."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom we link with, what proves it, and where its brokers take our link certificate."""

    domain: str
    bundle: TrustBundle
    name: str = GATEWAY
    addresses: tuple[BrokerAddress, ...] = ()
    """Empty: it dials us."""
    tls: TlsFiles | None = None
    standing: Standing = PLAIN
    """What it is to us, and whom we carry to it."""

    @property
    def gateway(self) -> PartyId:
        """The ID of its gateway."""
        return PartyId(self.name, self.domain)


class PeerTrust:
    """Proves one peer's gateway by the roots pinned for exactly its domain."""

    def __init__(self, peer: Peer, skew_s: float, denied: Denied) -> None:
        if peer.bundle.domain != peer.domain:
            raise BadCertificate(f"the roots given for {peer.domain} are those of {peer.bundle.domain}")
        self.gateway = peer.gateway
        self._store = TrustStore(peer.bundle, skew_s)
        self._denied = denied

    def learn(self, bundle: TrustBundle) -> None:
        """Its domain has other roots. Raises BadCertificate."""
        if bundle.domain != self.gateway.domain:
            raise BadCertificate(f"the roots given for {self.gateway.domain} are those of {bundle.domain}")
        self._store.add(bundle)

    def verify(self, certificate: x509.Certificate, now: float, news: bytes = b"") -> Identity:
        """Raises BadCertificate, Expired unless it is the peer's gateway in its role. `news`: what the peer's
        CA says of its roots, which one that is pinned must prove: our registry hears it over this link.
        """
        try:
            identity = self._store.verify(certificate, now)
        except UnknownRoot:
            if not news:
                raise
            identity = self._told(news, now).verify(certificate, now)
        if identity.role is not Role.GATEWAY or identity.party != self.gateway:
            raise BadCertificate(f"{identity.party} ({identity.role}) is not the gateway {self.gateway}")
        if self.denies(identity.serial):
            raise BadCertificate(f"the certificate of {identity.party} was revoked")
        return identity

    def _told(self, news: bytes, now: float) -> TrustStore:
        bundle, _ = open_bundle_news(news, self._store, now)
        return TrustStore(bundle, self._store.skew_s)

    def attributes(self, card: bytes, party: PartyId, now: float) -> Attributes | None:
        """What the certificate on a key card of the peer's `party` says; None when it proves nothing."""
        try:
            identity = open_card(card, self._store, now).identity
        except (Untrusted, BadInput):
            return None
        return identity.attributes if identity.party == party else None

    def denies(self, serial: int) -> bool:
        """Whether this certificate was revoked since."""
        return self._denied(self.gateway.domain, serial)
