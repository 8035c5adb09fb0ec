"""The certificates of links: ours in the files beside a peer's roots, those of peers by our CA."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from bridges.links.peer import Peer
from overlay.ca.protocol import Issued, Op
from overlay.ca.roots.protocol import RenewLink
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadCertificate
from overlay.naming.ids import CA, GATEWAY, PartyId
from overlay.private_files import read_private, write_private
from overlay.trust.bundle import TrustStore, load_certificate
from overlay.trust.credentials import certificate_from_pem
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from overlay.trust.renewal_time import renewal_due
from overlay.wire.request import decode_struct, encode_struct


class KeptLinkCertificates:
    """`LinkCertificates` over files and the endpoint of the gateway."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def due(self, peer: Peer) -> bytes:
        """See `LinkCertificates`."""
        party = self._endpoint.party
        if peer.tls is None:
            return b""
        held = certificate_from_pem(read_private(peer.tls.certificate), peer.tls.certificate)
        if not renewal_due(held, peer.bundle.roots, party.clock(), party.settings):
            return b""
        key = SigningKey.from_pem(read_private(peer.tls.key))
        return make_csr(key, PartyId(GATEWAY, party.id.domain))

    def keep(self, peer: Peer, certificate: bytes) -> None:
        """See `LinkCertificates`. The next connection to the peer's broker is made with it."""
        if peer.tls is None:
            raise BadCertificate(f"{peer.domain} dials us: we have no certificate there")
        party = self._endpoint.party
        made = load_certificate(certificate)
        identity = TrustStore(peer.bundle, party.settings.clock_skew_s).verify(made, party.clock())
        ours = SigningKey.from_pem(read_private(peer.tls.key)).public
        if identity.role is not Role.LINK or identity.peer != party.id.domain or made.public_key() != ours:
            raise BadCertificate(f"{peer.domain} sent a certificate that is not for our link")
        write_private(peer.tls.certificate, made.public_bytes(Encoding.PEM))

    async def issue(self, domain: str, csr: bytes) -> bytes:
        """See `LinkCertificates`."""
        body = encode_struct(RenewLink(domain, csr))
        answer = await self._endpoint.ask_service(CA, Op.LINK_RENEW, body)
        return decode_struct(answer, Issued).certificate
