"""What only the CA's process can do for its domain: renew itself and the broker; try a new root."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.ca.authority import Authority
from overlay.ca.roots.card_desk import CardDesk
from overlay.domain.folder import DomainFolder
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.logged import log_error
from overlay.endpoint.rounds import rounds
from overlay.naming.ids import CA, PROVISIONER
from overlay.private_files import write_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.transport.connect import connect
from overlay.trust import profile
from overlay.trust.credentials import Credentials, certificate_from_pem
from overlay.trust.identity import BROKER, Role
from overlay.trust.issuing import Issuer
from overlay.trust.keys import SigningKey
from overlay.trust.renewal_time import renewal_due

_log = logging.getLogger(__name__)
_TRIAL_S = 3600.0


class CaFolder:
    """The certificates in the CA's own folder. The broker's key stays: it reads its files when it likes."""

    def __init__(
        self, folder: DomainFolder, authority: Authority, endpoint: Endpoint, cards: CardDesk
    ) -> None:
        self._folder = folder
        self._authority = authority
        self._endpoint = endpoint
        self._cards = cards
        self._settings: Settings = endpoint.settings
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Renew what is due, every `Settings.renew_check_s`, until cancelled."""
        hindered = "the domain's own certificates are not renewed yet"
        await rounds(self.look, self._settings.renew_check_s, _log, hindered)

    async def look(self) -> None:
        """Renew what is due now. Raises OverlayError."""
        async with self._turn:
            provisioner = Home(self._folder.service(PROVISIONER))
            if provisioner.exists():
                self._renew_kept(provisioner)
            own = self._endpoint.party.credentials
            if self._due(own.certificate, Role.SERVICE, CA):
                await self._renew_ca(own)
            self._renew_broker()  # last: NATS lets go of everybody for a moment when it reads its files again

    async def renew_anchors(self) -> None:
        """See `Hands`: what is not of the root that issues for CA and broker now is due."""
        await self.look()

    async def try_root(self, issuer: Issuer) -> None:
        """See `Hands`: comes to the broker with a certificate that is thrown away."""
        party = self._endpoint.party
        if party.tls is None:
            return
        key, now = SigningKey.generate(), party.clock()
        made = issuer.issue(key.public, party.id, Role.SERVICE, _TRIAL_S, now)
        with tempfile.TemporaryDirectory(prefix=".trial-", dir=self._folder.run) as draft:
            tls = TlsFiles(party.tls.ca, Path(draft) / "certificate.pem", Path(draft) / "key.pem")
            write_private(tls.certificate, made.public_bytes(Encoding.PEM))
            write_private(tls.key, key.to_pem())
            transport = await connect(party.addresses, tls, CA, self._settings, log_error)
            await transport.close()

    def _due(self, certificate: x509.Certificate, role: Role, name: str) -> bool:
        root = self._authority.issuer_of(role, name).root
        return renewal_due(certificate, (root,), self._authority.clock(), self._settings)

    async def _renew_ca(self, own: Credentials) -> None:
        home = Home(self._folder.service(CA))
        kept = home.load(self._settings).credentials
        fresh = kept
        if self._due(kept.certificate, Role.SERVICE, CA):
            fresh = self._issued(own, CA, Role.SERVICE)
            home.save_rekeyed(fresh)
        await self._endpoint.renew(fresh)
        self._cards.change(services=self._cards.own_card())
        _log.info("the CA goes on with certificate %x", fresh.identity.serial)

    def _renew_kept(self, home: Home) -> None:
        """Of one that reads its files at each login."""
        own = home.load(self._settings).credentials
        if self._due(own.certificate, own.identity.role, own.party.name):
            home.save_rekeyed(self._issued(own, own.party.name, own.identity.role))

    def _issued(self, own: Credentials, name: str, role: Role) -> Credentials:
        key = SigningKey.generate()
        made = self._authority.issue_for_domain(key.public, name, role).parsed
        return Credentials(made, key, own.sealing, own.roots)

    def _renew_broker(self) -> None:
        file = self._folder.broker_tls.certificate
        if not file.exists():
            return  # it is kept where the broker's files are made
        old = certificate_from_pem(file.read_bytes(), file)
        if not self._due(old, Role.BROKER, BROKER):
            return
        names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(str(one.value) for one in names if isinstance(one, x509.DNSName | x509.IPAddress))
        key = profile.public_key_of(old)
        issued = self._authority.issue_for_domain(key, BROKER, Role.BROKER, hosts)
        write_private(file, issued.parsed.public_bytes(Encoding.PEM))
