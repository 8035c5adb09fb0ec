"""What is asked of the CA about revocation and recovery: ending, asking for the lists, coming back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from overlay.ca.authority import Authority
from overlay.ca.entries import Certificate
from overlay.ca.intake import Intake
from overlay.ca.protocol import DENIED_KIND, Issued, Op, Revoke, Revoked, Signed
from overlay.ca.revocation.crl import PublishedCrl
from overlay.ca.revocation.fence import Fence
from overlay.ca.revocation.protocol import AskCrl, AskDenied, CrlPart, Reclaim, Restorable, Restore
from overlay.ca.revocation.recovery import Permission
from overlay.ca.revocation.restore_token import RestoreToken, print_restore_token
from overlay.desk import EVERYBODY, Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import CA, REGISTRY
from overlay.registry import protocol as registry
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import Issuer
from overlay.trust.signed import make_signed
from overlay.wire.request import encode_struct

TakeIn = Callable[[Certificate], Awaitable[Issued]]
"""Lets the holder of a new certificate in to the broker, and answers with it."""
_log = logging.getLogger("overlay.ca")


class RevocationDesk:
    """`publish`: told of each new X.509 list (PEM)."""

    def __init__(
        self,
        endpoint: Endpoint,
        authority: Authority,
        intake: Intake,
        fence: Fence,
        take_in: TakeIn,
        publish: Callable[[bytes], None],
    ) -> None:
        self._endpoint = endpoint
        self._authority = authority
        self._store = authority.store
        self._intake = intake
        self._fence = fence
        self._take_in = take_in
        self._publish = publish
        self._settings = endpoint.settings
        self._crl = PublishedCrl(authority.store, endpoint.settings, authority.clock)
        self._number = -1

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        operator = (Role.OPERATOR,)
        desk.on(Op.REVOKE, EVERYBODY, Revoke, self._revoke)
        desk.on(Op.DENIED, EVERYBODY, AskDenied, self._denied)
        desk.on(Op.CRL, EVERYBODY, AskCrl, self._list)
        desk.on(Op.RESTORE, operator, Restore, self._restore)
        desk.on(Op.RECLAIM, (Role.JOIN,), Reclaim, self._reclaim)

    async def sweep(self) -> None:
        """A new list when it is time, and out with who holds a finished token. Raises Unavailable."""
        self._current()
        for item in self._store.restorations.finished(self._authority.clock(), self._settings.join_grace_s):
            holder = self._store.by_serial(item.holder)
            try:
                if holder is not None:
                    await self._intake.put_out(holder.identity)
            except OverlayError as error:
                _log.warning("restoring token %s is not swept yet: %s", item.id, error)
                return
            with self._store.change():
                self._store.restorations.mark_swept(item.id)

    async def _revoke(self, sender: Identity, ask: Revoke) -> Revoked:
        items = self._authority.revoke(sender, ask)
        await self._fence.tell({item.identity.party.name for item in items})
        self._current()
        pending = any(self._store.is_untold(item.serial) for item in items)
        return Revoked(tuple(self._authority.describe(item) for item in items), pending)

    async def _denied(self, sender: Identity, ask: AskDenied) -> Signed:
        self._store.audit.note(str(sender.party), Op.DENIED, str(ask.since))
        page = encode_struct(self._authority.denied_after(ask.since))
        return Signed(make_signed(DENIED_KIND, page, self._endpoint.party.credentials))

    async def _list(self, sender: Identity, ask: AskCrl) -> CrlPart:
        if not ask.offset:
            self._store.audit.note(str(sender.party), Op.CRL, "")
        number, pem = self._current()
        begin = max(ask.offset, 0)
        return CrlPart(number, len(pem), pem[begin : begin + self._settings.crl_part_bytes])

    async def _restore(self, sender: Identity, ask: Restore) -> Restorable:
        permission = self._authority.recovery.permit(sender.party, ask)
        await self._intake.take_in(permission.certificate.identity)
        return Restorable(self._print(permission), new_key=not permission.restoration.key)

    async def _reclaim(self, sender: Identity, ask: Reclaim) -> Issued:
        entry, restored = self._authority.recovery.reclaim(sender, ask)
        issued = await self._take_in(entry)
        recall = encode_struct(registry.Recall(ask.name, restored))
        timeout_s = self._settings.ca_tell_s
        await self._endpoint.ask_service(REGISTRY, registry.Op.RECALL, recall, timeout_s=timeout_s)
        return issued

    def _current(self) -> tuple[int, bytes]:
        number, pem = self._crl.current(self._issuers())
        if number != self._number:
            self._publish(pem)
            self._number = number
        return number, pem

    def _issuers(self) -> Sequence[Issuer]:
        """Each root that may have issued what is on the list, once."""
        found = (self._authority.issuer_of(Role.SERVICE, CA), self._authority.issuer_of(Role.AGENT, ""))
        return tuple(dict.fromkeys(found))

    def _print(self, permission: Permission) -> str:
        item = permission.restoration
        return print_restore_token(
            RestoreToken(
                domain_card=self._endpoint.party.domain_card.to_bytes(),
                certificate=permission.certificate.der,
                key=permission.key.to_pem(),
                name=item.name,
                restores=item.restores,
                new_key=not item.key,
                expires_at=item.expires_at,
            )
        )
