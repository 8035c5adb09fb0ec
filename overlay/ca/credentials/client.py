"""Asking the CA about credentials and issuers; what it signed is proved before it is used."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from overlay.ca.credentials.protocol import (
    AskCredentials,
    CredentialIssued,
    CredentialOp,
    CredentialRevoked,
    CredentialsListed,
    Holdings,
    IssueCredential,
    IssuedCredential,
    IssuerAdd,
    IssuerRemove,
    IssuersListed,
    RevokeCredential,
    StatusListed,
)
from overlay.credentials.issuers import ISSUERS_KIND, IssuerList
from overlay.endpoint.endpoint import Endpoint
from overlay.naming.ids import CA
from overlay.trust.signed import open_from
from overlay.wire.request import Nothing, decode_struct, encode_struct

T = TypeVar("T", bound=msgspec.Struct)


class CredentialClient:
    """The CA of the endpoint's domain. Every method raises Refused, BadInput, and what
    `Endpoint.ask_service` raises.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def issue(self, ask: IssueCredential) -> CredentialIssued:
        """Operator: vouch for an agent of ours."""
        return await self._ask(CredentialOp.ISSUE, ask, CredentialIssued)

    async def issued(self, name: str = "") -> list[IssuedCredential]:
        """Operator: what was issued, to one agent or to all, oldest first."""
        found: list[IssuedCredential] = []
        after = 0
        while True:
            page = await self._ask(CredentialOp.LIST, AskCredentials(name, after), CredentialsListed)
            found += page.credentials
            if not page.next:
                return found
            after = page.next

    async def revoke(self, credential_id: str) -> CredentialRevoked:
        """Operator: take one back."""
        return await self._ask(CredentialOp.REVOKE, RevokeCredential(credential_id), CredentialRevoked)

    async def held(self) -> Holdings:
        """Agent: its own credentials, and the status list to be shown along."""
        return await self._ask(CredentialOp.HELD, Nothing(), Holdings)

    async def status(self) -> str:
        """The CA's list of revoked credentials, a JWT; proved by nothing yet."""
        return (await self._ask(CredentialOp.STATUS, Nothing(), StatusListed)).jwt

    async def issuers(self) -> IssuerList:
        """The domain's trust list, signed by its CA. Raises Untrusted."""
        answer = await self._ask(CredentialOp.ISSUERS, Nothing(), IssuersListed)
        now = self._endpoint.party.clock()
        payload = open_from(CA, ISSUERS_KIND, answer.statement, self._endpoint.trust, now)
        return decode_struct(payload, IssuerList)

    async def issuer_add(self, ask: IssuerAdd) -> None:
        """Operator: let an issuer vouch for types of credentials."""
        await self._ask(CredentialOp.ISSUER_ADD, ask, Nothing)

    async def issuer_remove(self, did: str) -> None:
        """Operator: let it vouch for nothing any more."""
        await self._ask(CredentialOp.ISSUER_REMOVE, IssuerRemove(did), Nothing)

    async def _ask(self, operation: CredentialOp, question: msgspec.Struct, answer: type[T]) -> T:
        data = await self._endpoint.ask_service(CA, operation, encode_struct(question))
        return decode_struct(data, answer)
