"""Our certificate at a peer's broker is renewed over the link, for the key that was let in (CA-5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bridges.links.link_certificates import KeptLinkCertificates
from bridges.links.peer import Peer
from overlay.errors import Refused
from overlay.naming.ids import GATEWAY, PartyId, link_name
from overlay.private_files import write_private
from overlay.transport.address import TlsFiles
from overlay.trust.identity import Role
from overlay.trust.issuing import check_csr
from overlay.trust.keys import SigningKey
from tests.dict_registry import LIMIT_S
from tests.links import Pair, Side, pair

_DAY_S = 86400.0


class Office:
    """`LinkCertificates` of the side that is dialled: its CA, in short."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.refuses = False
        self.looked: set[str] = set()

    def due(self, peer: Peer) -> bytes:
        self.looked.add(peer.domain)
        return b""  # we are dialled

    def keep(self, peer: Peer, certificate: bytes) -> None:
        raise AssertionError(f"{peer.domain} sent {len(certificate)} bytes that nobody asked for")

    async def issue(self, domain: str, csr: bytes) -> bytes:
        if self.refuses:
            raise Refused("certificate: exchange peering files again")
        return self.made(domain, SigningKey.generate(), csr).public_bytes(Encoding.DER)

    def made(self, domain: str, key: SigningKey, csr: bytes = b"") -> x509.Certificate:
        here, public = self._side.domain, check_csr(csr) if csr else key.public
        name = PartyId(link_name(domain), here.name)
        return here.issuer.issue(public, name, Role.LINK, 90 * _DAY_S, time.time(), peer=domain)


class Renewing:
    """A pair whose `a` holds a link certificate of `b` that is due, in files."""

    def __init__(self, made: Pair, folder: Path) -> None:
        self.office = Office(made.b)
        made.b.certificates = self.office
        key = SigningKey.generate()
        self.files = TlsFiles(folder / "root.pem", folder / "link.pem", folder / "link.key")
        write_private(self.files.key, key.to_pem())
        self.before = self.office.made(made.a.name, key)
        write_private(self.files.certificate, self.before.public_bytes(Encoding.PEM))
        (peer,) = made.a.registry.peer_list
        made.a.registry.peer_list = [replace(peer, tls=self.files)]

    @property
    def held(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.files.certificate.read_bytes())


async def test_a_link_certificate_that_is_due_is_renewed_over_the_link(tmp_path: Path) -> None:
    quick = {"renew_check_s": 0.05, "renew_after_fraction": 1e-9, "renew_spread": 0.0}
    async with pair(**quick) as made:
        renewing = Renewing(made, tmp_path)
        async with made.a.domain.open(GATEWAY, Role.GATEWAY) as endpoint:
            made.a.certificates = KeptLinkCertificates(endpoint)
            await made.b.start()
            await made.a.start()
            await made.linked()
            await _until(lambda: renewing.held != renewing.before)
            assert renewing.held.public_key() == renewing.before.public_key()
            await made.a.close()


async def test_a_refusal_to_renew_a_link_certificate_is_the_state_of_the_link(tmp_path: Path) -> None:
    quick = {"renew_check_s": 0.05, "renew_after_fraction": 1e-9, "renew_spread": 0.0}
    async with pair(**quick) as made:
        renewing = Renewing(made, tmp_path)
        renewing.office.refuses = True
        async with made.a.domain.open(GATEWAY, Role.GATEWAY) as endpoint:
            made.a.certificates = KeptLinkCertificates(endpoint)
            await made.b.start()
            await made.a.start()
            await made.linked()
            await _until(lambda: made.a.gateway.counters["link-renewal-refused"])
            assert "exchange peering files again" in made.a.gateway.peers.links[made.b.name].state
            assert renewing.held == renewing.before
            await made.a.close()


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.01)
