"""A party of the domain that means harm."""

from __future__ import annotations

from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Content, encode_content
from tests.memory_domain import MemoryDomain


class Attacker:
    """Has a certificate of the domain, and publishes what it likes where it likes."""

    def __init__(self, domain: MemoryDomain, name: str = "mallory", role: Role = Role.AGENT) -> None:
        self._domain = domain
        party = domain.party(name, role)
        self.id = party.id
        self._keyring = Keyring(party.credentials, party.trust_store(), domain.clock, domain.settings)

    async def card(self, victim: PartyId) -> KeyCard:
        return await self._domain.directory.card(victim)

    async def seal(
        self, victim: PartyId, subject: str, content: Content, slot: str = "", sender_slot: str = "s0"
    ) -> bytes:
        return self._keyring.seal(
            subject,
            await self.card(victim),
            encode_content(content),
            id=new_id(),
            cls=Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=int((self._domain.clock() + 30) * 1000),
            slot=slot,
            sender_slot=sender_slot,
        )
