"""Asking the registry about entries: the operator's questions."""

from __future__ import annotations

from overlay.naming.ids import PartyId
from overlay.registry.client import RegistryClient
from overlay.registry.peers.client import PeersClient
from overlay.registry.protocol import Op
from overlay.registry.record import Record
from overlay.registry.registration import protocol
from overlay.registry.registration.history import Past
from overlay.wire.request import Nothing


class RegistrationClient:
    """Every method raises Refused, NotFound, BadInput, Untrusted, Unavailable."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry

    async def entries(self) -> list[Record]:
        """All agents of our domain, in order of IDs."""
        found: dict[str, Record] = {}
        log, since, more = "", 0, True
        while more:
            page = await PeersClient(self._registry).changes(log, since)
            if page.full:
                found.clear()
            found |= {record.party: record for record in page.records}
            for party in page.gone:
                found.pop(party, None)
            log, since, more = page.log, page.version, page.more
        return [found[party] for party in sorted(found)]

    async def history(self, party: PartyId) -> tuple[Past, ...]:
        """What it was before, oldest first."""
        ask = protocol.AskHistory(str(party))
        return (await self._registry.ask(Op.HISTORY, ask, protocol.Pasts)).pasts

    async def remove(self, party: PartyId, why: str = "") -> None:
        """Take its entry away."""
        await self._registry.ask(Op.REMOVE, protocol.Remove(str(party), why), Nothing)

    async def registrations(self, *, decided: bool = False) -> list[protocol.RegistrationInfo]:
        """Those that wait; or all that are remembered."""
        found: list[protocol.RegistrationInfo] = []
        after, more = "", True
        while more:
            ask = protocol.AskRegistrations(decided, after)
            page = await self._registry.ask(Op.REGISTRATIONS, ask, protocol.Registrations)
            found += page.registrations
            after = page.next
            more = bool(after)
        return found

    async def approve(self, request: str) -> protocol.RegistrationInfo:
        """Let it in."""
        ask = protocol.ApproveRegistration(request)
        return await self._registry.ask(Op.REGISTRATION_APPROVE, ask, protocol.RegistrationInfo)

    async def deny(self, request: str, why: str) -> protocol.RegistrationInfo:
        """Do not."""
        ask = protocol.DenyRegistration(request, why)
        return await self._registry.ask(Op.REGISTRATION_DENY, ask, protocol.RegistrationInfo)

    async def policy(self) -> str:
        """As TOML; empty: there is none."""
        return (await self._registry.ask(Op.REGISTRATION_RULES, Nothing(), protocol.RegistrationRules)).text

    async def set_policy(self, text: str) -> str:
        """From now on this counts."""
        ask = protocol.RegistrationRules(text)
        return (await self._registry.ask(Op.REGISTRATION_RULES_SET, ask, protocol.RegistrationRules)).text
