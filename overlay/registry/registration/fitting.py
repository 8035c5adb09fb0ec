"""An entry says no more than its agent's certificate and credentials do: at once, not when they are asked for
again (CA-5, REG-2).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from overlay.clock import Clock
from overlay.errors import Untrusted
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.record import Record
from overlay.registry.registration.claims import Vetted, as_verified, rights_of, within
from overlay.registry.registration.history import differences
from overlay.registry.registration.members import Members
from overlay.registry.registration.vetting import Vetting
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card
from overlay.trust.serials import serial_text


class Fitting:
    """Takes away what is not granted any more. What is left stays; the agent may register with more."""

    def __init__(
        self,
        members: Members,
        vetting: Vetting,
        acts: Acts,
        trust: TrustStore,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._members = members
        self._vetting = vetting
        self._acts = acts
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._looked: dict[str, tuple[float, int]] = {}
        """At whose credentials, when, and knowing of which revocations; the longest ago first."""
        members.fit = self.to_certificate
        members.book.on_change.append(self._changed)

    async def to_certificate(self, sender: Identity) -> None:
        """The sender is heard with a certificate that is newer than that of its entry: what this one does not
        grant goes. Raises Conflict, Unavailable.
        """
        record = self._members.book.get(str(sender.party))
        if record is None or record.serial == serial_text(sender.serial) or not self._newer(sender, record):
            return
        vetted = await self._vetting.of(record.profile, sender.party)
        await self._fit(sender, vetted)

    async def recheck(self) -> int:
        """Verify again the credentials of up to `registry_rechecks` entries whose turn it is; when something
        was revoked, it is the turn of all. Returns of how many. Raises Conflict, Unavailable.
        """
        due = list(islice(self._whose_turn(), self._settings.registry_rechecks))
        for party in due:
            self._note(party)
            record = self._members.book.get(party)
            if record is None:
                continue
            try:
                identity = open_card(record.card, self._trust, self._clock()).identity
            except Untrusted:
                continue  # it has to register anew before it can come back, and is vetted then
            await self._fit(identity, await self._vetting.of(record.profile, PartyId.parse(party)))
        return len(due)

    async def _fit(self, identity: Identity, vetted: Vetted) -> None:
        if vetted.unknown:
            return  # nobody can say now; each ends by itself at its end, and it is tried again
        rights = rights_of(identity, vetted.good, self._settings)
        verified = as_verified(vetted.good)

        def decide() -> Decision[list[Record]]:
            old = self._members.book.get(str(identity.party))
            if old is None:
                return Decision([])
            new = msgspec.structs.replace(old, profile=within(old.profile, rights), verified=verified)
            if new == old:
                return Decision([])
            lost = ", ".join(differences(old.profile, new.profile)) or "credentials"
            return self._members.putting([new], f"not granted any more: {lost}", self._trust.own)

        await self._acts.do(decide)

    def _newer(self, sender: Identity, record: Record) -> bool:
        try:
            held = open_card(record.card, self._trust, self._clock()).identity
        except Untrusted:
            return True
        return (sender.not_before, sender.not_after) > (held.not_before, held.not_after)

    def _whose_turn(self) -> Iterator[str]:
        """Who was looked at the longest ago comes first, so that no more are passed than are due."""
        limit, version = self._clock() - self._settings.registry_recheck_s, self._vetting.version
        for party, (at, seen) in self._looked.items():
            if at > limit and seen == version:
                return
            yield party

    def _changed(self, party: str, record: Record | None) -> None:
        if record is None or not record.profile.credentials:
            self._looked.pop(party, None)
        elif party not in self._looked:
            self._note(party)

    def _note(self, party: str) -> None:
        self._looked.pop(party, None)
        self._looked[party] = self._clock(), self._vetting.version
