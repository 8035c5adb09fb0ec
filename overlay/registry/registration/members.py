"""The domain's own agents: their records, presence and status (GW-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from overlay.clock import Clock
from overlay.naming.ids import SESSIONS
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import Denials
from overlay.registry.presence.heard import Heard
from overlay.registry.presence.status import Statuses, check_status
from overlay.registry.protocol import Alive, Count, Heartbeat
from overlay.registry.record import Presence, Record, Status
from overlay.registry.registration.book import Book, record_key, written
from overlay.registry.registration.renewal import Renewal
from overlay.registry.state import State
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.keys import AGENT
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity


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
        self.statuses = Statuses(settings, clock)
        self.heard = Heard(clock, settings.heartbeat_s * settings.heartbeat_misses)
        self._acts = acts
        self._state = state
        self._denials = denials
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._renewal = Renewal(trust, clock)
        self.fit: Callable[[Identity], Awaitable[None]] = _as_it_is
        """What an entry says is fitted to its agent's newest certificate."""
        self.book.on_change.append(self._changed)
        self.book.on_change.append(self.statuses.changed)
        state.on(AGENT, self.book.take)

    async def heartbeat(self, sender: Identity, ask: Heartbeat) -> Alive:
        """The sender is alive, and how it is; or about to go (GW-2). What its entry says beyond its newest
        certificate goes at once (CA-5). Raises BadInput, TooLarge (the status), Conflict, Unavailable.
        """
        party = str(sender.party)
        known = self._knows(sender)
        if not known:
            await self.fit(sender)
        if ask.status is not None:
            check_status(ask.status, self._settings)
        if known:
            presence = Presence.ONLINE if ask.presence is Presence.ONLINE else Presence.OFFLINE
            if presence is Presence.ONLINE and party in self.heard:
                self.heard.note(party)
            if self.book.is_online(party) is not (presence is Presence.ONLINE):
                await self.set_presence([party], presence, party)
            if ask.status is not None and self.statuses.hear(party, ask.status):
                await self._write_status(party, ask.status)
        page = self._denials.page(self._state.log, ask.denied_log, ask.denied_since)
        return Alive(known, self._settings.heartbeat_s, page.denied, page.log)

    def count(self) -> Count:
        """How many agents there are, but for the domain's own."""
        own = f"{SESSIONS}@{self._trust.own}"
        there, online = self.book.get(own) is not None, self.book.is_online(own)
        return Count(len(self.book) - there, self.book.online - online)

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

    async def _write_status(self, party: str, status: Status) -> None:
        def decide() -> Decision[None]:
            record = self.book.get(party)
            if record is None or record.status == status:
                return Decision(None)
            new = msgspec.structs.replace(record, status=status)
            return Decision(None, (self.write(party, new),))

        await self._acts.do(decide)

    def _knows(self, sender: Identity) -> bool:
        record = self.book.get(str(sender.party))
        return record is not None and not self._renewal.due(record, sender)

    def _changed(self, party: str, record: Record | None) -> None:
        if record is None:
            self._renewal.forget(party)
        if record is not None and record.presence is Presence.ONLINE:
            self.heard.note(party)
        else:
            self.heard.forget(party)


async def _as_it_is(_: Identity) -> None:
    """Nobody fits entries yet."""
