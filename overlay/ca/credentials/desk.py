"""Credentials and issuers, as asked over the broker: agents fetch, the operator decides (CA-9)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from overlay.ca.credentials.issuers_file import FILE, IssuersFile
from overlay.ca.credentials.office import CredentialOffice
from overlay.ca.credentials.protocol import (
    ENDED_NEWS,
    AskCredentials,
    CredentialEnded,
    CredentialIssued,
    CredentialOp,
    CredentialRevoked,
    CredentialsListed,
    Holdings,
    IssueCredential,
    IssuerAdd,
    IssuerRemove,
    IssuersListed,
    RevokeCredential,
    StatusListed,
)
from overlay.ca.store import CaStore
from overlay.credentials.credential import serial_of
from overlay.credentials.issuers import ISSUERS_KIND, IssuerList
from overlay.desk import EVERYBODY, Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import REGISTRY
from overlay.registry import protocol as registry
from overlay.trust.identity import Identity, Role
from overlay.trust.serials import serial_text
from overlay.trust.signed import make_signed
from overlay.wire.request import Nothing, encode_struct

_log = logging.getLogger("overlay.ca")


class CredentialDesk:
    """`open` puts its operations on the desk. What every agent asks again and again (`HELD`, `STATUS`,
    `ISSUERS`) is not in the audit log, which would hold little else.
    """

    def __init__(self, endpoint: Endpoint, store: CaStore) -> None:
        self._endpoint = endpoint
        self._store = store
        settings, clock = endpoint.settings, endpoint.party.clock
        self._issuers = IssuersFile(store.folder / FILE, endpoint.me.domain, settings)
        self._office = CredentialOffice(store, lambda: endpoint.party.credentials, settings, clock)

    def open(self, desk: Desk) -> None:
        """Register what can be asked."""
        operator = (Role.OPERATOR,)
        desk.on(CredentialOp.ISSUE, operator, IssueCredential, self._issue)
        desk.on(CredentialOp.LIST, operator, AskCredentials, self._list)
        desk.on(CredentialOp.REVOKE, operator, RevokeCredential, self._revoke)
        desk.on(CredentialOp.HELD, (Role.AGENT,), Nothing, self._held)
        desk.on(CredentialOp.STATUS, EVERYBODY, Nothing, self._status)
        desk.on(CredentialOp.ISSUERS, EVERYBODY, Nothing, self._list_issuers)
        desk.on(CredentialOp.ISSUER_ADD, operator, IssuerAdd, self._add_issuer)
        desk.on(CredentialOp.ISSUER_REMOVE, operator, IssuerRemove, self._remove_issuer)

    async def _issue(self, sender: Identity, ask: IssueCredential) -> CredentialIssued:
        return self._office.issue(sender.party, ask)

    async def _list(self, sender: Identity, ask: AskCredentials) -> CredentialsListed:
        return self._office.page(sender.party, ask)

    async def _revoke(self, sender: Identity, ask: RevokeCredential) -> CredentialRevoked:
        item = self._office.revoke(sender.party, ask.id)
        serial = serial_of(item.id)
        assert serial is not None
        pending = not await self._tell(item.name, serial)
        return CredentialRevoked(item, pending)

    async def _held(self, sender: Identity, _: Nothing) -> Holdings:
        return self._office.held_by(sender.party)

    async def _status(self, _: Identity, __: Nothing) -> StatusListed:
        return StatusListed(self._office.status())

    async def _list_issuers(self, _: Identity, __: Nothing) -> IssuersListed:
        listed = IssuerList(self._endpoint.party.clock(), self._issuers.read())
        credentials = self._endpoint.party.credentials
        return IssuersListed(make_signed(ISSUERS_KIND, encode_struct(listed), credentials))

    async def _add_issuer(self, sender: Identity, ask: IssuerAdd) -> Nothing:
        with self._audited(sender, f"issuer add {' '.join(ask.types)}", ask.did):
            self._issuers.add(ask)
        return Nothing()

    async def _remove_issuer(self, sender: Identity, ask: IssuerRemove) -> Nothing:
        with self._audited(sender, "issuer remove", ask.did):
            self._issuers.remove(ask.did)
        return Nothing()

    @contextmanager
    def _audited(self, sender: Identity, what: str, about: str) -> Iterator[None]:
        audit, who = self._store.audit, str(sender.party)
        try:
            yield
        except OverlayError as error:
            audit.record(who, what, about, f"{error.reason}: {error}")
            raise
        audit.record(who, what, about)

    async def _tell(self, name: str, serial: int) -> bool:
        """Our domain is told by our news; the registry denies it as it denies a certificate, and peers hear.
        Who hears of neither, learns it by the next status list.
        """
        self._endpoint.trust.deny(self._endpoint.me.domain, serial)
        ended = encode_struct(CredentialEnded(serial_text(serial)))
        ask = encode_struct(registry.Expel(name, serial_text(serial)))
        timeout_s = self._endpoint.settings.ca_tell_s
        try:
            credentials = self._endpoint.party.credentials
            await self._endpoint.tell_news(ENDED_NEWS, make_signed(ENDED_NEWS, ended, credentials))
            await self._endpoint.ask_service(REGISTRY, registry.Op.EXPEL, ask, timeout_s=timeout_s)
        except OverlayError as error:
            _log.warning("the end of a credential of %s could not be told: %s", name, error)
            return False
        return True
