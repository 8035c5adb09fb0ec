"""The CA as a service: its decisions, and what the domain must do about them (CA-8)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Protocol

from overlay.ca.application_desk import ApplicationDesk
from overlay.ca.authority import Authority
from overlay.ca.checks import serial_text
from overlay.ca.enrolment import Invitation
from overlay.ca.credential_service import CredentialService
from overlay.ca.entries import Certificate
from overlay.ca.join_token import JoinToken, print_token
from overlay.ca.protocol import (
    DENIED_KIND,
    AskList,
    AskStatus,
    Issued,
    Link,
    Listed,
    MakeToken,
    Op,
    Renew,
    Revoke,
    Revoked,
    Signed,
    Status,
    TokenMade,
)
from overlay.ca.revocation_protocol import AskDenied
from overlay.desk import EVERYBODY, Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import ServiceRequest
from overlay.errors import OverlayError, Unavailable
from overlay.naming.ids import CA, REGISTRY
from overlay.registry import protocol as registry
from overlay.trust.identity import Identity, Role
from overlay.trust.signed import make_signed
from overlay.wire.request import encode_struct

_log = logging.getLogger("overlay.ca")


class Intake(Protocol):
    """The domain's hand on its broker: lets parties in, and puts them out."""

    async def take_in(self, identity: Identity) -> None:
        """Make its mailboxes and admit it. Idempotent. Raises Unavailable."""

    async def put_out(self, identity: Identity) -> None:
        """Deny this certificate and end its connections; of a JOIN, remove the mailboxes too (an agent's
        stay: its name may be certified again). Idempotent. Raises Unavailable.
        """


class CaService:
    """Answers questions to the CA. `serve` first, then keep `run` running."""

    def __init__(self, endpoint: Endpoint, authority: Authority, intake: Intake) -> None:
        self._endpoint = endpoint
        self._authority = authority
        self._store = authority.store
        self._intake = intake
        self._settings = endpoint.settings
        self._telling = asyncio.Lock()
        self._desk = Desk(CA, authority.domain, authority.store.audit, refusals=False)
        operator = (Role.OPERATOR,)
        ApplicationDesk(authority, self._take_in, intake.take_in).open(self._desk)
        CredentialService(endpoint, authority.store).open(self._desk)
        self._desk.on(Op.STATUS, (*EVERYBODY, Role.JOIN), AskStatus, self._status)
        self._desk.on(Op.INVITE, operator, MakeToken, self._token)
        self._desk.on(Op.LIST, operator, AskList, self._list)
        self._desk.on(Op.RENEW, EVERYBODY, Renew, self._renew)
        self._desk.on(Op.REVOKE, EVERYBODY, Revoke, self._revoke)
        self._desk.on(Op.LINK, operator, Link, self._link)
        self._desk.on(Op.DENIED, EVERYBODY, AskDenied, self._denied)

    async def serve(self) -> None:
        """Begin to answer. Raises Refused."""
        for serial in self._authority.denied().serials:
            self._endpoint.trust.deny(self._authority.domain, int(serial, 16))
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
        await self._tell()
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

    async def _revoke(self, sender: Identity, ask: Revoke) -> Revoked:
        items = self._authority.revoke(sender, ask)
        await self._tell({item.identity.party.name for item in items})
        left = {item.serial for item in self._store.untold()}
        pending = any(item.serial in left for item in items)
        return Revoked(tuple(self._authority.describe(item) for item in items), pending)

    async def _denied(self, sender: Identity, ask: AskDenied) -> Signed:
        self._desk.asked(sender, Op.DENIED, str(ask.since))
        credentials = self._endpoint.party.credentials
        page = encode_struct(self._authority.denied_after(ask.since))
        return Signed(make_signed(DENIED_KIND, page, credentials))

    async def _take_in(self, item: Certificate) -> Issued:
        await self._tell({item.identity.party.name})
        await self._intake.take_in(item.identity)
        return Issued(item.der)

    async def _tell(self, names: Collection[str] = ()) -> None:
        """Each revocation (of `names` only, if given) that is not told yet: deny, put out, deregister."""
        async with self._telling:
            for item in self._store.untold():
                if names and item.identity.party.name not in names:
                    continue
                try:
                    await self._end_access(item.identity)
                except OverlayError as error:
                    _log.warning("revocation of %s is not told yet: %s", item.serial, error)
                else:
                    self._store.mark_told(item.serial)

    async def _end_access(self, identity: Identity) -> None:
        name = identity.party.name
        self._endpoint.trust.deny(identity.party.domain, identity.serial)
        self._endpoint.forget(identity.party)
        await self._intake.put_out(identity)
        for other in self._store.valid_of(name, self._authority.clock()):
            await self._intake.take_in(other.identity)
        ask = encode_struct(registry.Expel(name, serial_text(identity.serial)))
        timeout_s = self._settings.ca_tell_s
        await self._endpoint.ask_service(REGISTRY, registry.Op.EXPEL, ask, timeout_s=timeout_s)

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
