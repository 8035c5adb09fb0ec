"""Applications, as asked over the broker: newcomers apply, the operator decides."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from overlay.ca.applications import protocol
from overlay.ca.applications.held import Held
from overlay.ca.authority import Authority
from overlay.ca.entries import Certificate, Decision, Request
from overlay.ca.protocol import Apply, Op, Status
from overlay.desk import Desk
from overlay.trust.bundle import load_certificate
from overlay.trust.identity import Identity, Role, identity_of


class ApplicationDesk:
    """The operations. `take_in` lets the holder of a certificate in to the domain."""

    def __init__(
        self,
        authority: Authority,
        take_in: Callable[[Certificate], Awaitable[object]],
        stay: Callable[[Identity], Awaitable[None]],
    ) -> None:
        """`stay`: keeps a newcomer let in who has a new enrolment certificate."""
        self._authority = authority
        self._requests = authority.requests
        self._take_in = take_in
        self._stay = stay

    def open(self, desk: Desk) -> None:
        """Register the operations."""
        operator = (Role.OPERATOR,)
        desk.on(Op.APPLY, (Role.JOIN,), Apply, self._apply)
        desk.on(Op.REQUESTS, operator, protocol.AskRequests, self._list)
        desk.on(Op.APPROVE, operator, protocol.Approve, self._approve)
        desk.on(Op.DENY, operator, protocol.Deny, self._deny)

    async def _apply(self, sender: Identity, ask: Apply) -> protocol.Applied:
        try:
            issued = self._authority.enrolment.apply(sender, ask)
        except Held as held:
            await self._stay(identity_of(load_certificate(held.enrolment)))
            return protocol.Applied(request=held.request, enrolment=held.enrolment)
        await self._take_in(issued)
        return protocol.Applied(certificate=issued.der)

    async def _list(self, sender: Identity, ask: protocol.AskRequests) -> protocol.Requests:
        found = self._requests.page(ask.after, decided=ask.decided)
        self._authority.store.audit.note(str(sender.party), Op.REQUESTS, str(ask.after))
        more = len(found) == self._authority.page_size
        return protocol.Requests(tuple(self._info(item) for item in found), found[-1].number if more else 0)

    async def _approve(self, sender: Identity, ask: protocol.Approve) -> Status:
        issued = self._requests.approve(sender.party, ask)
        await self._take_in(issued)
        return self._authority.describe(issued)

    async def _deny(self, sender: Identity, ask: protocol.Deny) -> protocol.RequestInfo:
        return self._info(self._requests.deny(sender.party, ask))

    def _info(self, item: Request) -> protocol.RequestInfo:
        until = self._requests.until(item)
        ended = item.decision is Decision.OPEN and self._authority.clock() >= until
        return protocol.RequestInfo(
            number=item.number,
            id=item.id,
            name=item.name,
            asked=item.asked,
            held=item.held,
            made_at=item.made_at,
            until=until,
            state="undecided" if ended else item.decision.value,
            again=self._requests.token_of(item).again,
            fingerprint=hashlib.sha256(item.key).hexdigest(),
            decided_at=item.decided_at or 0.0,
            why=item.why,
            serial=item.issued,
        )
