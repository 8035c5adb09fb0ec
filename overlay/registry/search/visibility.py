"""What of a record an asker may see: what the operator permits, of that what the owner publishes. Pure."""

from __future__ import annotations

from overlay.policy.caller import Caller
from overlay.registry.record import Profile, Record
from overlay.registry.registration import consent
from overlay.registry.search.discovery_policy import DiscoveryPolicy, sees


def visible(policy: DiscoveryPolicy, asker: Caller, record: Record) -> Record | None:
    """The record as `asker` may find it; None: it may not even know that there is one (REG-11, REG-12)."""
    return consent.visible(record, asker.party) if sees(policy, asker, record).visible else None


def for_sending(policy: DiscoveryPolicy, asker: Caller, record: Record) -> Record:
    """The record for one who names the agent, to seal to it or to answer it: without a profile where it may
    not be found. Whether a message is taken is the receiver's own decision.
    """
    shown = visible(policy, asker, record)
    if shown is not None:
        return shown
    return Record(
        party=record.party,
        profile=Profile(),
        card=record.card,
        serial=record.serial,
        presence=record.presence,
        resource_id="",
        registered_at=0.0,
        changed_at=0.0,
        version=0,
        gateway=record.gateway,
    )
