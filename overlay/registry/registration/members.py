"""The domain's own agents: registration, presence and the log of changes. No I/O but the store."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from overlay.clock import DAY_S, Clock
from overlay.errors import BadCertificate, NotFound
from overlay.naming.ids import PartyId
from overlay.registry.access import check_access
from overlay.registry.peers.changelog import SERIALS_AT_ONCE, page_of_changes
from overlay.registry.peers.foreign import check_claims
from overlay.registry.protocol import (
    Alive,
    AskChanges,
    AskDenied,
    Changes,
    Count,
    DeniedPage,
    Deregister,
    Expel,
    Heartbeat,
    Recall,
    Register,
)
from overlay.registry.record import Presence, Record, check_profile
from overlay.registry.registration.presence import Heard
from overlay.registry.registration.renewal import Renewal
from overlay.registry.search.index import Index
from overlay.registry.storage.sqlite import RegistryStore
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card
from overlay.trust.serials import parse_serial, serial_text


class Members:
    """Records of our own agents. `version` rises with each change that peers should hear of."""

    def __init__(self, store: RegistryStore, trust: TrustStore, settings: Settings, clock: Clock) -> None:
        self.index = Index(store.records())
        self.version = store.version()
        self._store = store
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._heard = Heard(clock, settings.heartbeat_s * settings.heartbeat_misses)
        self._renewal = Renewal(trust, clock)
        for record in self.index:
            if record.presence is Presence.ONLINE:
                self._heard.note(record.party)
        for serial in store.denied_of(trust.own, -1):
            trust.deny(trust.own, parse_serial(serial))

    def register(self, sender: Identity, ask: Register) -> Record:
        """Enter or change the sender's own record; the same again changes nothing (REG-1 … REG-3).

        Raises BadInput, TooLarge, BadName (the profile), Refused (skills), Untrusted (the card).
        """
        check_profile(ask.profile, self._settings)
        serial = self._check_card(sender, ask.card)
        check_claims(ask.profile, sender)
        check_access(ask.access, self._settings)
        party, now = str(sender.party), self._clock()
        old = self.index.get(party)
        record = Record(
            party=party,
            profile=ask.profile,
            card=ask.card,
            serial=serial,
            presence=Presence.ONLINE,
            resource_id=old.resource_id if old else secrets.token_hex(16),
            registered_at=old.registered_at if old else now,
            changed_at=old.changed_at if old else now,
            version=old.version if old else 0,
            access=ask.access,
        )
        self._heard.note(party)
        if record == old:
            return record
        return self._write([record], "update" if old else "register", party)[0]

    def deregister(self, sender: Identity, ask: Deregister) -> None:
        """Take the sender's own record away. Raises NotFound."""
        record = self.index.get(str(sender.party))
        if record is None or record.resource_id != ask.resource_id:
            raise NotFound(f"{sender.party} has no entry {ask.resource_id!r} here")
        self._remove(record.party, "deregister", record.party)

    def heartbeat(self, sender: Identity, ask: Heartbeat) -> Alive:
        """The sender is alive, or about to go (GW-2)."""
        party = str(sender.party)
        record = self.index.get(party)
        denied = tuple(self._store.denied(ask.denied_since, SERIALS_AT_ONCE))
        if record is None or self._renewal.due(record, sender):
            return Alive(known=False, next_s=self._settings.heartbeat_s, denied=denied)
        presence = Presence.OFFLINE if ask.presence is not Presence.ONLINE else Presence.ONLINE
        if presence is Presence.ONLINE:
            self._heard.note(party)
        if record.presence is not presence:
            self._set_presence([record], presence, party)
        return Alive(known=True, next_s=self._settings.heartbeat_s, denied=denied)

    def count(self) -> Count:
        """How many agents there are."""
        online = sum(record.presence is Presence.ONLINE for record in self.index)
        return Count(len(self.index), online)

    def sweep(self) -> int:
        """Who was silent for too long is offline. Returns how many that became."""
        kept_s = self._settings.registry_recovery_days * DAY_S
        self._store.drop_expelled(self._clock() - kept_s)
        silent = [record for party in self._heard.silent() if (record := self.index.get(party))]
        if silent:
            self._set_presence(silent, Presence.OFFLINE, self._trust.own)
        return len(silent)

    def expel(self, sender: Identity, ask: Expel) -> None:
        """The CA revoked a certificate: deny it, and remove the record that stands on it (CA-8)."""
        self._trust.deny(self._trust.own, parse_serial(ask.serial))
        party = str(PartyId.of(ask.name, self._trust.own))
        record = self.index.get(party)
        if record is not None and record.serial == ask.serial:
            self._remove(party, f"expel {ask.serial}", str(sender.party), expelled=record)
            return
        with self._store.change():
            self._store.deny(self._trust.own, ask.serial, self.version + 1)
            self._store.audit.record(str(sender.party), f"expel {ask.serial}", party)
        self.version = self._store.version()

    def recall(self, sender: Identity, ask: Recall) -> None:
        """The CA gave a name back to the holder of a revoked certificate: put its entry, if it had one, back
        as it was, marked offline until the agent is heard (CA-7). Who registered meanwhile stays.
        """
        record = self._store.expelled(ask.serial)
        party = str(PartyId.of(ask.name, self._trust.own))
        if record is None or record.party != party or self.index.get(party) is not None:
            self._store.audit.record(str(sender.party), f"recall {ask.serial}", party, "nothing to put back")
            return
        away = msgspec.structs.replace(record, presence=Presence.OFFLINE)
        self._write([away], f"recall {ask.serial}", str(sender.party))

    def denied_after(self, ask: AskDenied) -> DeniedPage:
        """A page of the deny list."""
        found = self._store.denied(ask.since, SERIALS_AT_ONCE + 1)
        return DeniedPage(tuple(found[:SERIALS_AT_ONCE]), more=len(found) > SERIALS_AT_ONCE)

    def use_bundle_news(self, epoch: int, statement: bytes) -> None:
        """Tell our peers of other roots of our domain, by this statement of our CA. Idempotent."""
        if epoch <= self._store.bundles.epoch():
            return
        with self._store.change():
            self._store.bundles.put(epoch, self.version + 1, statement)
            self._store.audit.record(self._trust.own, f"roots of epoch {epoch}", self._trust.own)
        self.version = self._store.version()

    def changes(self, ask: AskChanges) -> Changes:
        """What changed, one page of it, oldest first (REG-8)."""
        return page_of_changes(self._store, self._settings, self._trust.own, self.version, ask)

    def _check_card(self, sender: Identity, card: bytes) -> str:
        identity = open_card(card, self._trust, self._clock()).identity
        if (identity.party, identity.serial) != (sender.party, sender.serial):
            raise BadCertificate(
                f"the key card is of {identity.party} with certificate {identity.serial:x}, the question was "
                f"asked by {sender.party} with {sender.serial:x}: make a card with the same certificate"
            )
        return serial_text(identity.serial)

    def _set_presence(self, records: Sequence[Record], presence: Presence, who: str) -> None:
        changed = [msgspec.structs.replace(record, presence=presence) for record in records]
        self._write(changed, presence.value, who)
        if presence is not Presence.ONLINE:
            for record in changed:
                self._heard.forget(record.party)

    def _write(self, records: Sequence[Record], what: str, who: str) -> list[Record]:
        now = self._clock()
        written = [
            msgspec.structs.replace(record, changed_at=now, version=self.version + step)
            for step, record in enumerate(records, start=1)
        ]
        with self._store.change():
            for record in written:
                self._store.put(PartyId.parse(record.party).name, record.version, record)
                self._store.audit.record(who, what, record.party)
        self.version += len(written)
        for record in written:
            self.index.put(record)
        return written

    def _remove(self, party: str, what: str, who: str, expelled: Record | None = None) -> None:
        version = self.version + 1
        with self._store.change():
            self._store.put(PartyId.parse(party).name, version, None)
            if expelled is not None:
                self._store.deny(self._trust.own, expelled.serial, version)
                self._store.keep_expelled(expelled.serial, expelled, self._clock())
            self._store.audit.record(who, what, party)
        self.version = version
        self.index.drop(party)
        self._heard.forget(party)
        self._renewal.forget(party)
