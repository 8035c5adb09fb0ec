"""Asking the CA: one method for each operation."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from cryptography import x509

from overlay.ca.applications.held import Held
from overlay.ca.applications.protocol import Applied, Approve, AskRequests, Deny, RequestInfo, Requests
from overlay.ca.protocol import (
    Apply,
    AskList,
    AskStatus,
    DeniedList,
    Issued,
    Link,
    Listed,
    MakeToken,
    Op,
    Reason,
    Renew,
    Revoke,
    Revoked,
    Signed,
    Status,
    TokenMade,
)
from overlay.ca.revocation.denials import open_denied
from overlay.ca.revocation.protocol import (
    AskCrl,
    AskDenied,
    CrlPart,
    Reclaim,
    Rekey,
    Rekeyed,
    Restorable,
    Restore,
)
from overlay.ca.roots.protocol import AskInside, InsideTold, ShowCard
from overlay.endpoint.domain_card import service_card
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadSignature
from overlay.naming.ids import CA
from overlay.naming.inside import Inside
from overlay.trust.bundle import load_certificate
from overlay.wire.request import decode_struct, encode_struct

T = TypeVar("T", bound=msgspec.Struct)


class CaClient:
    """The CA of the endpoint's domain. Every method raises Refused (with the check that failed), BadInput,
    and what `Endpoint.ask_service` raises.
    """

    async def inside(self, wanted: Inside | None = None) -> Inside:
        """Operator: how messages between our agents go, from now on if `wanted` is given (GW-11)."""
        told = await self._ask(Op.INSIDE, AskInside(wanted or ""), InsideTold)
        return Inside(told.inside)

    def __init__(self, endpoint: Endpoint, timeout_s: float | None = None) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s

    async def show_card(self) -> None:
        """A service was renewed: its new key card goes into the card of the domain."""
        party = self._endpoint.party
        card = service_card(party.credentials, party.settings, party.clock())
        await self._endpoint.ask_service(CA, Op.SERVICE_CARD, encode_struct(ShowCard(card)))

    async def apply(self, ask: Apply) -> x509.Certificate:
        """With a join token's credentials: become an agent. Ask again when the answer is lost. Raises Held
        while an administrator has to decide: ask again, with the same key.
        """
        answer = await self._ask(Op.APPLY, ask, Applied)
        if answer.request:
            raise Held(answer.request, answer.enrolment)
        return load_certificate(answer.certificate)

    async def requests(self, after: int = 0, *, decided: bool = False) -> Requests:
        """Operator: one page of the applications that wait; or of all that ever did."""
        return await self._ask(Op.REQUESTS, AskRequests(decided, after), Requests)

    async def approve(self, ask: Approve) -> Status:
        """Operator: grant an application. The newcomer fetches its certificate."""
        return await self._ask(Op.APPROVE, ask, Status)

    async def deny(self, request: str, why: str) -> RequestInfo:
        """Operator: deny an application. The newcomer hears why."""
        return await self._ask(Op.DENY, Deny(request, why), RequestInfo)

    async def renew(self, csr: bytes) -> x509.Certificate:
        """A certificate that lasts longer, for the key of `csr` (PEM)."""
        return load_certificate((await self._ask(Op.RENEW, Renew(csr), Issued)).certificate)

    async def link(self, domain: str, csr: bytes) -> x509.Certificate:
        """Operator: a certificate for the gateway of `domain` at our broker."""
        return load_certificate((await self._ask(Op.LINK, Link(domain, csr), Issued)).certificate)

    async def token(self, ask: MakeToken) -> str:
        """Operator: a join token, as one line of text."""
        return (await self._ask(Op.INVITE, ask, TokenMade)).text

    async def status(self, *, serial: str = "", name: str = "") -> Status:
        """Of a certificate, or of the newest one of a name."""
        return await self._ask(Op.STATUS, AskStatus(serial, name), Status)

    async def list(self, after: int = 0, *, joins: bool = False) -> Listed:
        """Operator: one page of all certificates."""
        return await self._ask(Op.LIST, AskList(after, joins), Listed)

    async def revoke(
        self, reason: Reason, *, serial: str = "", name: str = "", organisation: str = ""
    ) -> Revoked:
        """End a certificate, or all of a name: one's own; as operator, anybody's, or an organisation's."""
        return await self._ask(Op.REVOKE, Revoke(reason, serial, name, organisation), Revoked)

    async def rekey(self, proof: bytes) -> x509.Certificate:
        """Operator: a certificate for a new key of one of the domain's own (see `Rekey`)."""
        return load_certificate((await self._ask(Op.REKEY, Rekey(proof), Issued)).certificate)

    async def rekeyed(self, statement: bytes) -> Revoked:
        """Operator: it uses the new key; end all its other certificates (see `Rekeyed`)."""
        return await self._ask(Op.REKEYED, Rekeyed(statement), Revoked)

    async def denied(self) -> DeniedList:
        """What is revoked, all of it, signed by the CA. Raises Untrusted."""
        serials: list[str] = []
        upto = 0
        while True:
            page = await self.denied_after(upto)
            serials += page.serials
            upto = page.upto
            if upto >= page.epoch:
                return DeniedList(page.epoch, tuple(serials), 0, upto)

    async def denied_after(self, since: int) -> DeniedList:
        """A page of what was revoked after an epoch. Raises Untrusted."""
        answer = await self._ask(Op.DENIED, AskDenied(since), Signed)
        page, _ = open_denied(answer.statement, self._endpoint.trust, self._endpoint.party.clock())
        if page.since != since or (page.upto <= since and page.epoch > page.upto):
            raise BadSignature(f"the CA was asked what it revoked after {since}, and told of {page.since}")
        return page

    async def crl(self) -> bytes:
        """The X.509 revocation list that the CA published last, in PEM; its signature is not checked here."""
        number, data = 0, b""
        while True:
            part = await self._ask(Op.CRL, AskCrl(len(data)), CrlPart)
            if data and part.number != number:
                data = b""
                continue
            number, data = part.number, data + part.data
            if len(data) >= part.size or not part.data:
                return data

    async def restore(self, ask: Restore) -> Restorable:
        """Operator: what brings a wrongly revoked identity back (CA-7)."""
        return await self._ask(Op.RESTORE, ask, Restorable)

    async def reclaim(self, name: str, csr: bytes) -> x509.Certificate:
        """With a restoring token's credentials: be that agent again. Ask again when the answer is lost."""
        return load_certificate((await self._ask(Op.RECLAIM, Reclaim(name, csr), Issued)).certificate)

    async def _ask(self, operation: Op, question: msgspec.Struct, answer: type[T]) -> T:
        body = encode_struct(question)
        data = await self._endpoint.ask_service(CA, operation, body, timeout_s=self._timeout_s)
        return decode_struct(data, answer)
