"""Who is expelled by the CA, and what is kept of it in case that was wrong (CA-7, CA-8)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice

import msgspec

from overlay.clock import DAY_S, Clock
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import Denials, denied_key
from overlay.registry.protocol import Expel, Recall
from overlay.registry.record import Presence, Record
from overlay.registry.registration.members import Members
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Note, Write
from overlay.registry.storage.keys import EXPELLED, key, rest_of
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.serials import parse_serial, serial_text
from overlay.wire.request import decode_struct, encode_struct


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The record that stood on a revoked certificate."""

    record: Record
    at: float


class Expulsions:
    """What the CA says of certificates of our agents."""

    def __init__(
        self,
        acts: Acts,
        state: State,
        denials: Denials,
        members: Members,
        trust: TrustStore,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._acts = acts
        self._state = state
        self._denials = denials
        self._members = members
        self._trust = trust
        self._clock = clock
        self._kept_s = settings.registry_recovery_days * DAY_S
        self._kept: dict[str, bytes] = {}
        """By serial, the one that was expelled first in front."""
        self._fallen: set[str] = set()
        """Parties that are online on a certificate that is denied: another process let them in meanwhile."""
        self._may_lack = False
        """Whether the CA denies something that the store may not hold: it was restored from a backup."""
        self.on_expelled: list[Callable[[PartyId], None]] = []
        state.on(EXPELLED, self._take)
        denials.on_denied.append(self._denied)
        members.book.on_change.append(self._changed)
        trust.on_denied.append(self._heard)

    async def expel(self, sender: Identity, ask: Expel) -> None:
        """The CA revoked a certificate: deny it, and remove the record that stands on it (CA-8).

        Raises BadInput, BadName, Conflict, Unavailable.
        """
        party = PartyId.of(ask.name, self._trust.own)
        serial = serial_text(parse_serial(ask.serial))
        await self._acts.do(lambda: self._expelling(str(sender.party), party, serial))

    async def recall(self, sender: Identity, ask: Recall) -> None:
        """The CA gave a name back to the holder of a revoked certificate: put its entry, if it had one, back
        as it was, marked offline until the agent is heard (CA-7). Who registered meanwhile stays.

        Raises BadName, Conflict, Unavailable.
        """
        party, who = str(PartyId.of(ask.name, self._trust.own)), str(sender.party)

        def decide() -> Decision[list[Record]]:
            data = self._kept.get(ask.serial)
            record = None if data is None else decode_struct(data, Kept).record
            if record is None or record.party != party or party in self._members.book:
                note = Note(who, f"recall {ask.serial}", party, "nothing to put back")
                return Decision([], notes=(note,))
            away = msgspec.structs.replace(record, presence=Presence.OFFLINE)
            return self._members.putting([away], f"recall {ask.serial}", who)

        await self._acts.do(decide)

    async def tidy(self) -> None:
        """Drop what was kept for long enough; remove who stands on a denied certificate, also on one that
        only the CA knows of any more. Raises Conflict, Unavailable.
        """
        await self._acts.do(self._dropping)
        await self._catch_up()
        for party in list(self._fallen):
            await self._acts.do(partial(self._removing, party))
            self._fallen.discard(party)

    async def _catch_up(self) -> None:
        """The CA tells each revocation once; what a restored store lacks of them is written again."""
        if not self._may_lack:
            return
        self._may_lack = False
        try:
            lacking = self._lacking()
            if not lacking:
                return  # as after each revocation: nobody looks through the whole book for that
            standing = {
                record.serial: record.party for record in self._members.book if record.serial in lacking
            }
            for serial in lacking:
                party = (
                    PartyId.parse(standing[serial]) if serial in standing else PartyId("", self._trust.own)
                )
                await self._acts.do(partial(self._expelling, self._trust.own, party, serial))
        except BaseException:
            self._may_lack = True
            raise

    def _lacking(self) -> set[str]:
        known = self._denials.of(self._trust.own)
        return {serial_text(serial) for serial in self._trust.denied(self._trust.own)} - known.keys()

    def _heard(self) -> None:
        self._may_lack = True

    def _expelling(self, who: str, party: PartyId, serial: str) -> Decision[None]:
        writes: list[Write] = []
        if not self._denials.knows(party.domain, serial):
            writes.append(Write(denied_key(party.domain, serial), party.name.encode()))
        record = self._members.book.get(str(party))
        if record is not None and record.serial == serial:
            writes += self._moving(record)
        return Decision(None, writes, (Note(who, f"expel {serial}", str(party)),))

    def _moving(self, record: Record) -> tuple[Write, Write]:
        kept = encode_struct(Kept(record, self._clock()))
        return Write(key(EXPELLED, record.serial), kept), self._members.write(record.party, None)

    def _removing(self, party: str) -> Decision[None]:
        record = self._members.book.get(party)
        if record is None or not self._has_fallen(record):
            return Decision(None)
        note = Note(self._trust.own, f"expel {record.serial}", party)
        return Decision(None, self._moving(record), (note,))

    def _dropping(self) -> Decision[None]:
        limit = self._clock() - self._kept_s
        old: list[Write] = []
        for serial, data in islice(self._kept.items(), WRITES_AT_ONCE):
            if decode_struct(data, Kept).at >= limit:
                break
            stored = key(EXPELLED, serial)
            old.append(Write(stored, None, self._state.revision_of(stored)))
        return Decision(None, old)

    def _has_fallen(self, record: Record) -> bool:
        denied = self._trust.denies(self._trust.own, parse_serial(record.serial))
        return denied and record.presence is Presence.ONLINE

    def _take(self, entry: Entry) -> None:
        serial = rest_of(entry.key)
        self._kept.pop(serial, None)
        if entry.value is not None:
            self._kept[serial] = entry.value

    def _denied(self, domain: str, serial: str, name: str, _: int) -> None:
        if domain != self._trust.own:
            return
        number = parse_serial(serial)
        if not self._trust.denies(domain, number):
            self._trust.deny(domain, number)
        if not name:
            return
        party = PartyId(name, domain)
        self._changed(str(party), self._members.book.get(str(party)))
        for tell in self.on_expelled:
            tell(party)

    def _changed(self, party: str, record: Record | None) -> None:
        if record is not None and self._has_fallen(record):
            self._fallen.add(party)
        else:
            self._fallen.discard(party)
