"""The domain's own agents: registration and presence (REG-1 … REG-3, GW-2)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from overlay.clock import Clock
from overlay.errors import BadCertificate, NotFound
from overlay.registry.access import check_access
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import Denials
from overlay.registry.peers.foreign import check_claims
from overlay.registry.protocol import Alive, Count, Deregister, Heartbeat, Register
from overlay.registry.record import Presence, Record, check_profile
from overlay.registry.registration.book import Book, record_key, written
from overlay.registry.registration.presence import Heard
from overlay.registry.registration.renewal import Renewal
from overlay.registry.search.index import Index
from overlay.registry.state import State
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.keys import AGENT
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card
from overlay.trust.serials import serial_text


class Members:
    """Records of our own agents, and who of them was heard of."""

    def __init__(
        self,
        acts: Acts,
        state: State,
        denials: Denials,
        trust: TrustStore,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.book = Book(trust.own, state.revision_of)
        self.index = Index()
        self.heard = Heard(clock, settings.heartbeat_s * settings.heartbeat_misses)
        self._acts = acts
        self._state = state
        self._denials = denials
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._renewal = Renewal(trust, clock)
        self.book.on_change.append(self._changed)
        state.on(AGENT, self.book.take)

    async def register(self, sender: Identity, ask: Register) -> Record:
        """Enter or change the sender's own record; the same again changes nothing (REG-1 … REG-3).

        Raises BadInput, TooLarge, BadName (the profile), Refused (skills), Untrusted (the card), Conflict,
        Unavailable.
        """

        def decide() -> Decision[list[Record]]:
            old = self.book.get(str(sender.party))
            record = self._checked(sender, ask, old)
            if record == old:
                return Decision([record])
            return self.putting([record], "update" if old else "register", record.party)

        (record,), revision = await self._acts.do(decide)
        if not revision:
            self.heard.note(record.party)
            return record
        return msgspec.structs.replace(record, version=revision)

    async def deregister(self, sender: Identity, ask: Deregister) -> None:
        """Take the sender's own record away. Raises NotFound, Conflict, Unavailable."""
        party = str(sender.party)

        def decide() -> Decision[None]:
            record = self.book.get(party)
            if record is None or record.resource_id != ask.resource_id:
                raise NotFound(f"{party} has no entry {ask.resource_id!r} here")
            return Decision(None, (self.write(party, None),), (Note(party, "deregister", party),))

        await self._acts.do(decide)

    async def heartbeat(self, sender: Identity, ask: Heartbeat) -> Alive:
        """The sender is alive, or about to go (GW-2). Raises Conflict, Unavailable."""
        party = str(sender.party)
        known = self._knows(sender)
        if known:
            presence = Presence.ONLINE if ask.presence is Presence.ONLINE else Presence.OFFLINE
            if presence is Presence.ONLINE and party in self.heard:
                self.heard.note(party)
            if self.book.is_online(party) is not (presence is Presence.ONLINE):
                await self.set_presence([party], presence, party)
        page = self._denials.page(self._state.log, ask.denied_log, ask.denied_since)
        return Alive(known, self._settings.heartbeat_s, page.denied, page.log)

    def count(self) -> Count:
        """How many agents there are."""
        return Count(len(self.book), self.book.online)

    async def set_presence(self, parties: Sequence[str], presence: Presence, who: str) -> int:
        """Of those who have another. Returns how many that were."""

        def decide() -> Decision[list[Record]]:
            records = (self.book.get(party) for party in parties)
            changed = [
                msgspec.structs.replace(record, presence=presence)
                for record in records
                if record is not None and record.presence is not presence
            ]
            return self.putting(changed, presence.value, who)

        changed, _ = await self._acts.do(decide)
        return len(changed)

    def write(self, party: str, record: Record | None) -> Write:
        """Of its record, if it is still the one that we know."""
        stored = record_key(party)
        data = None if record is None else written(record)
        return Write(stored, data, self._state.revision_of(stored))

    def putting(self, records: Sequence[Record], what: str, who: str) -> Decision[list[Record]]:
        """These records, changed now, in the place of those that we know."""
        now = self._clock()
        changed = [msgspec.structs.replace(record, changed_at=now) for record in records]
        writes = [self.write(record.party, record) for record in changed]
        return Decision(changed, writes, [Note(who, what, record.party) for record in changed])

    def _checked(self, sender: Identity, ask: Register, old: Record | None) -> Record:
        check_profile(ask.profile, self._settings)
        serial = self._check_card(sender, ask.card)
        check_claims(ask.profile, sender)
        check_access(ask.access, self._settings)
        if old is not None:
            return msgspec.structs.replace(
                old,
                profile=ask.profile,
                card=ask.card,
                serial=serial,
                presence=Presence.ONLINE,
                access=ask.access,
            )
        now = self._clock()
        return Record(
            party=str(sender.party),
            profile=ask.profile,
            card=ask.card,
            serial=serial,
            presence=Presence.ONLINE,
            resource_id=secrets.token_hex(16),
            registered_at=now,
            changed_at=now,
            version=0,
            access=ask.access,
        )

    def _check_card(self, sender: Identity, card: bytes) -> str:
        identity = open_card(card, self._trust, self._clock()).identity
        if (identity.party, identity.serial) != (sender.party, sender.serial):
            raise BadCertificate(
                f"the key card is of {identity.party} with certificate {identity.serial:x}, the question was "
                f"asked by {sender.party} with {sender.serial:x}: make a card with the same certificate"
            )
        return serial_text(identity.serial)

    def _knows(self, sender: Identity) -> bool:
        record = self.book.get(str(sender.party))
        return record is not None and not self._renewal.due(record, sender)

    def _changed(self, party: str, record: Record | None) -> None:
        if record is None:
            self.index.drop(party)
            self._renewal.forget(party)
        else:
            self.index.put(record)
        if record is not None and record.presence is Presence.ONLINE:
            self.heard.note(party)
        else:
            self.heard.forget(party)
