"""Registration: checked, approved where the policy says so, entered (REG-1 … REG-3, REG-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.approval.holding import Holding, in_words
from overlay.registry.approval.requests import Request
from overlay.registry.approval.rules import Rules
from overlay.registry.approval.waiting import Waiting, waiting_key
from overlay.registry.protocol import Deregister, Register
from overlay.registry.record import Record
from overlay.registry.registration.entry import (
    Applicant,
    applicant,
    changed_entry,
    check_card,
    check_form,
    new_entry,
)
from overlay.registry.registration.fault import Fault
from overlay.registry.registration.fitting import Fitting
from overlay.registry.registration.history import Histories, Past, differences, history_key, past_of
from overlay.registry.registration.members import Members
from overlay.registry.registration.organisations import Organisations
from overlay.registry.registration.vetting import Vetting
from overlay.registry.search.rate import PerMinute
from overlay.registry.state import State
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.keys import APPROVAL, HISTORY, REQUEST
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.wire.request import encode_struct


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a registration."""

    record: Record | None = None
    """None: it waits."""
    held: str = ""
    broke: Sequence[Fault] = ()


class Registrar:
    """Who is entered, as what."""

    def __init__(
        self, members: Members, acts: Acts, state: State, trust: TrustStore, settings: Settings, clock: Clock
    ) -> None:
        self.vetting = Vetting()
        self.fitting = Fitting(members, self.vetting, acts, trust, settings, clock)
        self.rules = Rules()
        self.waiting = Waiting(trust, settings, clock)
        self._holding = Holding(self.rules, self.waiting, settings, clock)
        self.histories = Histories(settings.registry_history)
        self.organisations = Organisations(settings.registry_per_organisation)
        self._members = members
        self._acts = acts
        self._state = state
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._rate = PerMinute(clock, settings.registrations_per_minute, "registrations_per_minute")
        state.on(APPROVAL, self.rules.take)
        state.on(REQUEST, self.waiting.take)
        state.on(HISTORY, self.histories.take)
        members.book.on_change.append(self._changed)

    async def register(self, sender: Identity, ask: Register) -> Entered:
        """Enter or change the sender's own entry; the same again changes nothing.

        Raises BadInput, TooLarge (the profile, or a change that is not announced), Refused (claims, policy,
        organisation), Untrusted (the card), Overloaded (asked too often), Conflict, Unavailable.
        """
        self._rate.take(str(sender.party))
        check_form(ask, self._settings)
        check_card(sender, ask.card, self._trust, self._clock())
        await self.fitting.to_certificate(sender)
        vetted = await self.vetting.of(ask.profile, sender.party)
        who = applicant(sender, ask, vetted, self._settings)
        entered, revision = await self._acts.do(lambda: self._deciding(who, ask))
        if entered.record is None:
            return entered
        if not revision:
            self._members.heard.note(who.party)
            return entered
        return replace(entered, record=msgspec.structs.replace(entered.record, version=revision))

    async def deregister(self, sender: Identity, ask: Deregister) -> None:
        """Take the sender's own entry away. Raises NotFound, Conflict, Unavailable."""
        party = str(sender.party)

        def decide() -> Decision[None]:
            record = self._members.book.get(party)
            if record is None or record.resource_id != ask.resource_id:
                raise NotFound(f"{party} has no entry {ask.resource_id!r} here")
            return self._removing(record, Note(party, "deregister", party))

        await self._acts.do(decide)

    def history(self, party: PartyId) -> tuple[Past, ...]:
        """What the entry of an agent of ours was, oldest first. Raises NotFound if there never was one."""
        found = self.histories.of(party.name)
        if not found and self._members.book.get(str(party)) is None:
            raise NotFound(f"{party} was never registered here, or removed too long ago (registry_history)")
        return found

    async def remove(self, by: PartyId, party: PartyId, why: str) -> None:
        """Take the entry of an agent of ours away. Raises NotFound, Conflict, Unavailable."""

        def decide() -> Decision[None]:
            record = self._members.book.get(str(party))
            if record is None:
                raise NotFound(f"{party} is not registered here")
            return self._removing(record, Note(str(by), "remove", str(party), why or "done"))

        await self._acts.do(decide)

    def _deciding(self, who: Applicant, ask: Register) -> Decision[Entered]:
        old = self._members.book.get(who.party)
        if old is None:
            record, broke = new_entry(who, ask, self._clock), list[Fault]()
        else:
            record, broke = changed_entry(old, who, ask, self._clock)
        if record == old:
            return Decision(Entered(record))
        self.organisations.check_room(who.party, record.organisation)
        request = self._holding.request(old, who, ask, broke)
        if request is not None:
            return self._waits(request, who)
        putting = self._members.putting([record], _what(old, record), record.party)
        beside = self._forgetting(who.identity.party.name) + self._remembering(old, record, broke)
        (entered,) = putting.result
        return Decision(Entered(entered, broke=broke), [*beside, *putting.writes], putting.notes)

    def _waits(self, request: Request, who: Applicant) -> Decision[Entered]:
        held = Entered(held=in_words(request))
        if self._holding.is_known(request):
            return Decision(held)
        outcome = f"held as registration {request.id}: {', '.join(request.held)}"
        write = self._write(waiting_key(request.name), encode_struct(request))
        return Decision(held, (write,), (Note(who.party, "register", who.party, outcome),))

    def _removing(self, record: Record, note: Note) -> Decision[None]:
        name = PartyId.parse(record.party).name
        past = past_of(record, None, self._clock())
        history = self._write(history_key(name), self.histories.longer(name, past))
        writes = (self._members.write(record.party, None), history, *self._forgetting(name))
        return Decision(None, writes, (note,))

    def _remembering(self, old: Record | None, new: Record, broke: Sequence[Fault]) -> list[Write]:
        if old is None or old.profile == new.profile:
            return []
        name = PartyId.parse(new.party).name
        past = past_of(old, new.profile, self._clock(), broke)
        return [self._write(history_key(name), self.histories.longer(name, past))]

    def _forgetting(self, name: str) -> list[Write]:
        return [self._write(waiting_key(name), None)] if self.waiting.has(name) else []

    def _write(self, stored: str, data: bytes | None) -> Write:
        return Write(stored, data, self._state.revision_of(stored))

    def _changed(self, party: str, record: Record | None) -> None:
        if record is None:
            self.organisations.drop(party)
        else:
            self.organisations.put(party, record.organisation)


def _what(old: Record | None, new: Record) -> str:
    """For the audit log."""
    if old is None:
        return "register"
    changes = ", ".join(differences(old.profile, new.profile))
    return f"update: {changes}" if changes else "update"
