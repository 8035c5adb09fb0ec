"""The CA as a service: its decisions, and what the domain must do about them (CA-8)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from overlay.ca.applications.desk import ApplicationDesk
from overlay.ca.applications.enrolment import Invitation
from overlay.ca.applications.join_token import JoinToken, print_token
from overlay.ca.authority import Authority
from overlay.ca.channels.desk import ReadersDesk
from overlay.ca.credentials.desk import CredentialDesk
from overlay.ca.entries import Certificate
from overlay.ca.intake import Intake
from overlay.ca.protocol import (
    AskList,
    AskStatus,
    Issued,
    Link,
    Listed,
    MakeToken,
    Op,
    Renew,
    Status,
    TokenMade,
)
from overlay.ca.revocation.desk import RevocationDesk
from overlay.ca.revocation.fence import Fence
from overlay.desk import EVERYBODY, Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import ServiceRequest
from overlay.errors import OverlayError, Unavailable
from overlay.naming.ids import CA
from overlay.trust.identity import Identity, Role

_log = logging.getLogger("overlay.ca")


class Opens(Protocol):
    """Answers some operations of a service."""

    def open(self, desk: Desk) -> None:
        """Answer from now on."""


class CaService:
    """Answers questions to the CA. `serve` first, then keep `run` running."""

    def __init__(
        self,
        endpoint: Endpoint,
        authority: Authority,
        intake: Intake,
        publish: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """`publish`: told of each new X.509 revocation list (PEM)."""
        self._endpoint = endpoint
        self._authority = authority
        self._store = authority.store
        self._intake = intake
        self._settings = endpoint.settings
        self._fence = Fence(endpoint, authority, intake)
        self._desk = Desk(CA, authority.domain, authority.store.audit, refusals=False)
        operator = (Role.OPERATOR,)
        ApplicationDesk(authority, self._take_in, intake.take_in).open(self._desk)
        CredentialDesk(endpoint, authority.store).open(self._desk)
        self._readers = ReadersDesk(authority, intake)
        self._readers.open(self._desk)
        self._desk.on(Op.STATUS, (*EVERYBODY, Role.JOIN), AskStatus, self._status)
        self._desk.on(Op.INVITE, operator, MakeToken, self._token)
        self._desk.on(Op.LIST, operator, AskList, self._list)
        self._desk.on(Op.RENEW, EVERYBODY, Renew, self._renew)
        self._desk.on(Op.LINK, operator, Link, self._link)
        self._revocations = RevocationDesk(endpoint, authority, intake, self._fence, self._take_in, publish)
        self._revocations.open(self._desk)

    def open(self, *others: Opens) -> None:
        """These answer at our desk, too: call it before `serve`."""
        for one in others:
            one.open(self._desk)

    async def serve(self) -> None:
        """Begin to answer. Raises Refused."""
        self._fence.begin()
        await self._endpoint.serve_service(CA, self.handle)

    async def run(self) -> None:
        """Sweep, until cancelled; while the disk is full, say so and try again."""
        while True:
            try:
                await self.sweep()
            except Unavailable as error:
                _log.warning("the CA did not sweep: %s", error)
            await asyncio.sleep(self._settings.ca_sweep_s)

    async def handle(self, request: ServiceRequest) -> bytes:
        """One question (`overlay.ca.protocol`). Raises BadInput, Refused, Unavailable."""
        return await self._desk.handle(request)

    async def sweep(self) -> None:
        """Put out who holds a finished token; tell what could not be told before; write the audit log."""
        await self._fence.tell()
        await self._revocations.sweep()
        await self._readers.sweep()
        now, grace_s = self._authority.clock(), self._settings.join_grace_s
        for token in self._store.finished_tokens(now, grace_s):
            try:
                for joiner in self._store.enrolments_of(token):
                    await self._intake.put_out(joiner.identity)
            except OverlayError as error:
                _log.warning("token %s is not swept yet: %s", token.id, error)
                break
            self._store.mark_swept(token.id)
        self._store.audit.flush()

    async def _renew(self, sender: Identity, ask: Renew) -> Issued:
        return await self._take_in(self._authority.renew(sender, ask.csr))

    async def _link(self, sender: Identity, ask: Link) -> Issued:
        return await self._take_in(self._authority.link(sender.party, ask.domain, ask.csr))

    async def _token(self, sender: Identity, ask: MakeToken) -> TokenMade:
        invitation = self._authority.enrolment.make_token(sender.party, ask)
        await self._intake.take_in(invitation.certificate.identity)
        return TokenMade(self._print(invitation))

    async def _status(self, sender: Identity, ask: AskStatus) -> Status:
        return self._authority.status(sender.party, ask)

    async def _list(self, sender: Identity, ask: AskList) -> Listed:
        return self._authority.page(sender.party, ask)

    async def _take_in(self, item: Certificate) -> Issued:
        await self._fence.tell({item.identity.party.name})
        await self._intake.take_in(item.identity)
        return Issued(item.der)

    def _print(self, invitation: Invitation) -> str:
        token = invitation.token
        return print_token(
            JoinToken(
                domain_card=self._endpoint.party.domain_card.to_bytes(),
                certificate=invitation.certificate.der,
                key=invitation.key.to_pem(),
                name=token.name,
                terms=token.terms,
                expires_at=token.expires_at,
            )
        )
