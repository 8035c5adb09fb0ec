"""One registration, decided: the new entry, or what is wrong with it (REG-2, REG-3). Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import msgspec

from overlay.clock import Clock
from overlay.errors import BadCertificate, Refused, Unavailable
from overlay.registry.access import check_access, check_published
from overlay.registry.protocol import Register
from overlay.registry.record import Presence, Record
from overlay.registry.registration.claims import Rights, Vetted, as_verified, check_claims, rights_of, within
from overlay.registry.registration.compatibility import check_change, incompatible
from overlay.registry.registration.fault import Fault, raise_faults
from overlay.registry.registration.profile import check_profile
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card
from overlay.trust.serials import serial_text


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, and what it may claim."""

    identity: Identity
    rights: Rights
    vetted: Vetted

    @property
    def party(self) -> str:
        """`name@domain`"""
        return str(self.identity.party)


def check_form(ask: Register, settings: Settings) -> None:
    """What needs neither state nor proofs. Raises BadInput, TooLarge."""
    check_profile(ask.profile, settings)
    check_access(ask.access, settings)
    check_published(ask.profile, ask.access)


def check_card(sender: Identity, card: bytes, trust: TrustStore, now: float) -> None:
    """Raises Untrusted unless it is the sender's own, of the certificate that it asks with."""
    identity = open_card(card, trust, now).identity
    if (identity.party, identity.serial) != (sender.party, sender.serial):
        raise BadCertificate(
            f"the key card is of {identity.party} with certificate {identity.serial:x}, the question was "
            f"asked by {sender.party} with {sender.serial:x}: make a card with the same certificate"
        )


def applicant(sender: Identity, ask: Register, vetted: Vetted, settings: Settings) -> Applicant:
    """Raises Refused (claims that neither its certificate nor a credential grants, or a credential that does
    not count); Unavailable when a credential that would be needed cannot be verified now.
    """
    raise_faults(vetted.bad)
    rights = rights_of(sender, vetted.good, settings)
    try:
        check_claims(ask.profile, sender, rights)
    except Refused as error:
        if vetted.unknown:
            raise Unavailable(f"credentials cannot be verified now ({vetted.unknown}): {error}") from error
        raise
    return Applicant(sender, rights, vetted)


def changed_entry(old: Record, who: Applicant, ask: Register, clock: Clock) -> tuple[Record, list[Fault]]:
    """The entry as it is wanted, and what of the change breaks others: then it is another entry, with an ID
    of its own. Raises BadInput when that is not announced (`overlay.registry.registration.compatibility`).
    """
    before = within(old.profile, who.rights)  # what it may not say any more is no promise of its own
    broke = incompatible(before, ask.profile) if ask.anew else check_change(before, ask.profile)
    record = msgspec.structs.replace(
        old,
        profile=ask.profile,
        card=ask.card,
        serial=serial_text(who.identity.serial),
        presence=Presence.ONLINE,
        access=ask.access,
        organisation=who.identity.attributes.organisation,
        verified=as_verified(who.vetted.good),
    )
    if broke:
        record = msgspec.structs.replace(record, resource_id=_fresh_id(), registered_at=clock())
    return record, broke


def new_entry(who: Applicant, ask: Register, clock: Clock) -> Record:
    """Of one who has none."""
    now = clock()
    return Record(
        party=who.party,
        profile=ask.profile,
        card=ask.card,
        serial=serial_text(who.identity.serial),
        presence=Presence.ONLINE,
        resource_id=_fresh_id(),
        registered_at=now,
        changed_at=now,
        version=0,
        access=ask.access,
        organisation=who.identity.attributes.organisation,
        verified=as_verified(who.vetted.good),
    )


def _fresh_id() -> str:
    return secrets.token_hex(16)
