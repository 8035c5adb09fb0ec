"""What is asked of the CA when a key of the domain's own was stolen, while the domain is up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.serialization import Encoding

from overlay.ca.authority import Authority
from overlay.ca.intake import Intake
from overlay.ca.protocol import Issued, Op, Revoked
from overlay.ca.revocation.protocol import REKEY_KIND, REKEYED_KIND, Rekey, Rekeyed, Replaced
from overlay.ca.roots.card_desk import CardDesk
from overlay.desk import Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Refused
from overlay.naming.ids import ADMISSION, GATEWAY, PROVISIONER, REGISTRY, SERVICES
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import check_csr
from overlay.trust.keycard import open_card
from overlay.trust.serials import serial_text
from overlay.trust.signed import open_signed
from overlay.wire.request import decode_struct

WHILE_UP = frozenset({REGISTRY, GATEWAY, ADMISSION, PROVISIONER})
"""The others need the root's key and a domain that is down: who stole the CA's key or the operator's could
ask, answer and revoke as well as we can.
"""


class RekeyDesk:
    """The operator asks, and proves that it has the party's key of now, and then its new one: so the
    operator's key alone makes nobody the registry or the gateway.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        authority: Authority,
        cards: CardDesk,
        intake: Intake,
        tell: Callable[[], Awaitable[None]],
    ) -> None:
        """`tell` ends the access of what was revoked."""
        self._endpoint = endpoint
        self._authority = authority
        self._cards = cards
        self._intake = intake
        self._tell = tell

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        desk.on(Op.REKEY, (Role.OPERATOR,), Rekey, self._rekey)
        desk.on(Op.REKEYED, (Role.OPERATOR,), Rekeyed, self._rekeyed)

    async def _rekey(self, sender: Identity, ask: Rekey) -> Issued:
        signer, csr = self._opened(REKEY_KIND, ask.proof)
        public = check_csr(csr, signer.party)
        entry = self._authority.rekeying.certify(sender.party, signer.party.name, public)
        await self._intake.take_in(entry.identity)
        return Issued(entry.der)

    async def _rekeyed(self, sender: Identity, ask: Rekeyed) -> Revoked:
        """The new key card first, then the word that the old one counts no more."""
        signer, payload = self._opened(REKEYED_KIND, ask.statement)
        told = decode_struct(payload, Replaced)
        if signer.party.name in SERVICES:
            self._check_card(signer, told.card)
            if self._cards.card.services.get(signer.party.name) != told.card:
                self._cards.change(services={signer.party.name: told.card})
            await self._cards.tell()
        serial = serial_text(signer.serial)
        ended = self._authority.rekeying.end_others(sender.party, serial, told.reason)
        await self._tell()
        store = self._authority.store
        pending = any(store.is_untold(item.serial) for item in ended)
        return Revoked(tuple(self._authority.describe(item) for item in ended), pending)

    def _opened(self, kind: str, statement: bytes) -> tuple[Identity, bytes]:
        signer, payload = open_signed(kind, statement, self._endpoint.trust, self._endpoint.party.clock())
        if signer.party.domain != self._endpoint.me.domain or signer.party.name not in WHILE_UP:
            raise Refused(f"role: {signer.party} gets no new key while the domain is up")
        return signer, payload

    def _check_card(self, signer: Identity, card: bytes) -> None:
        shown = open_card(card, self._endpoint.trust, self._endpoint.party.clock())
        if shown.certificate.public_bytes(Encoding.DER) != self._certificate(signer):
            raise Refused("service: the key card is of another certificate than the new one")

    def _certificate(self, signer: Identity) -> bytes:
        found = self._authority.store.by_serial(serial_text(signer.serial))
        return found.der if found else b""
