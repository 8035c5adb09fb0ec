"""Asking the CA: one method for each operation."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from cryptography import x509

from overlay.ca.protocol import (
    DENIED_KIND,
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
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadSignature
from overlay.naming.ids import CA, PartyId
from overlay.trust.bundle import load_certificate
from overlay.trust.identity import Role
from overlay.trust.signed import open_signed
from overlay.wire.request import Nothing, decode_struct, encode_struct

T = TypeVar("T", bound=msgspec.Struct)


class CaClient:
    """The CA of the endpoint's domain. Every method raises Refused (with the check that failed), BadInput,
    and what `Endpoint.ask_service` raises.
    """

    def __init__(self, endpoint: Endpoint, timeout_s: float | None = None) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s

    async def apply(self, ask: Apply) -> x509.Certificate:
        """With a join token's credentials: become an agent. Ask again when the answer is lost."""
        return load_certificate((await self._ask(Op.APPLY, ask, Issued)).certificate)

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

    async def revoke(self, reason: Reason, *, serial: str = "", name: str = "") -> Revoked:
        """End a certificate, or all of a name: one's own; as operator, anybody's."""
        return await self._ask(Op.REVOKE, Revoke(reason, serial, name), Revoked)

    async def denied(self) -> DeniedList:
        """What is revoked, signed by the CA. Raises Untrusted."""
        answer = await self._ask(Op.DENIED, Nothing(), Signed)
        now = self._endpoint.party.clock()
        signer, payload = open_signed(DENIED_KIND, answer.statement, self._endpoint.trust, now)
        if signer.role is not Role.SERVICE or signer.party != PartyId(CA, self._endpoint.me.domain):
            raise BadSignature(f"the list of what is revoked was signed by {signer.party}, not by the CA")
        return decode_struct(payload, DeniedList)

    async def _ask(self, operation: Op, question: msgspec.Struct, answer: type[T]) -> T:
        body = encode_struct(question)
        data = await self._endpoint.ask_service(CA, operation, body, timeout_s=self._timeout_s)
        return decode_struct(data, answer)
