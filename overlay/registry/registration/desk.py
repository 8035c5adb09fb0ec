"""Entries, as asked over the broker by operators: history, removal, approval, policy."""

from __future__ import annotations

from itertools import islice

from overlay.clock import Clock
from overlay.desk import Desk
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.registry.approval.approvals import Approvals
from overlay.registry.approval.requests import Decision, Request, ends_at
from overlay.registry.protocol import Op
from overlay.registry.registration import protocol
from overlay.registry.registration.registrar import Registrar
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing

_PAGE = 8
"""Requests in an answer: each has a whole profile."""


class RegistrationDesk:
    """The operations."""

    def __init__(self, registrar: Registrar, approvals: Approvals, settings: Settings, clock: Clock) -> None:
        self._registrar = registrar
        self._approvals = approvals
        self._settings = settings
        self._clock = clock

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        self._desk = desk
        operator = (Role.OPERATOR,)
        desk.on(Op.HISTORY, operator, protocol.AskHistory, self._history)
        desk.on(Op.REMOVE, operator, protocol.Remove, self._remove)
        desk.on(Op.REGISTRATIONS, operator, protocol.AskRegistrations, self._registrations)
        desk.on(Op.REGISTRATION_APPROVE, operator, protocol.ApproveRegistration, self._approve)
        desk.on(Op.REGISTRATION_DENY, operator, protocol.DenyRegistration, self._deny)
        desk.on(Op.REGISTRATION_RULES, operator, Nothing, self._rules)
        desk.on(Op.REGISTRATION_RULES_SET, operator, protocol.RegistrationRules, self._set_rules)

    async def _history(self, sender: Identity, ask: protocol.AskHistory) -> protocol.Pasts:
        party = _own(ask.party, sender)
        self._desk.asked(sender, Op.HISTORY, ask.party)
        return protocol.Pasts(self._registrar.history(party))

    async def _remove(self, sender: Identity, ask: protocol.Remove) -> Nothing:
        await self._registrar.remove(sender.party, _own(ask.party, sender), ask.why)
        return Nothing()

    async def _registrations(
        self, sender: Identity, ask: protocol.AskRegistrations
    ) -> protocol.Registrations:
        self._desk.asked(sender, Op.REGISTRATIONS, ask.after)
        waiting = self._registrar.waiting
        shown = (
            request
            for request in waiting.after(ask.after)
            if ask.decided or (request.decision is Decision.OPEN and not waiting.is_over(request))
        )
        page = list(islice(shown, _PAGE + 1))
        more = page[_PAGE - 1].name if len(page) > _PAGE else ""
        return protocol.Registrations(tuple(self._info(item) for item in page[:_PAGE]), more)

    async def _approve(
        self, sender: Identity, ask: protocol.ApproveRegistration
    ) -> protocol.RegistrationInfo:
        return self._info(await self._approvals.approve(sender.party, ask.id))

    async def _deny(self, sender: Identity, ask: protocol.DenyRegistration) -> protocol.RegistrationInfo:
        return self._info(await self._approvals.deny(sender.party, ask.id, ask.why))

    async def _rules(self, sender: Identity, _: Nothing) -> protocol.RegistrationRules:
        self._desk.asked(sender, Op.REGISTRATION_RULES, "")
        return protocol.RegistrationRules(self._registrar.rules.text)

    async def _set_rules(
        self, sender: Identity, ask: protocol.RegistrationRules
    ) -> protocol.RegistrationRules:
        await self._approvals.set_policy(sender.party, ask.text)
        return protocol.RegistrationRules(self._registrar.rules.text)

    def _info(self, item: Request) -> protocol.RegistrationInfo:
        until = ends_at(item, self._settings)
        ended = item.decision is Decision.OPEN and self._clock() >= until
        return protocol.RegistrationInfo(
            id=item.id,
            name=item.name,
            profile=item.profile,
            organisation=item.organisation,
            held=item.held,
            update=item.update,
            made_at=item.made_at,
            until=until,
            state="undecided" if ended else item.decision.value,
            decided_at=item.decided_at,
            why=item.why,
        )


def _own(text: str, sender: Identity) -> PartyId:
    party = PartyId.parse(text)
    if party.domain != sender.party.domain:
        raise NotFound(f"{party} is of another domain: its own registry knows its history, and may remove it")
    return party
