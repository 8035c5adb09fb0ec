"""What is believed of a peer, and of what it says of its agents. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput, Refused, TooLarge
from overlay.naming.ids import PartyId, check_domain, check_name
from overlay.registry.peers.protocol import Peer
from overlay.registry.presence.status import check_status
from overlay.registry.record import Record, is_resource_id
from overlay.registry.registration.claims import Vetted, as_verified, check_claims, rights_of, within
from overlay.registry.registration.profile import check_profile
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.trust.bundle import TrustBundle
from overlay.trust.identity import Identity, Role
from overlay.trust.serials import serial_text

MAX_ADDRESSES = 16
MAX_BUNDLE_BYTES = 32 * 1024
_END_OF_TIME = 253_402_300_799.0
"""The last second of the year 9999: beyond it, calendars end."""


def check_home(record: Record, domain: str) -> None:
    """Raises Refused unless the record is of an agent of `domain`, which tells of it; BadName."""
    party = PartyId.parse(record.party)
    if party.domain != domain:
        raise Refused(f"{domain} speaks for its own agents only, not for {party}")


def proved(record: Record, identity: Identity, vetted: Vetted, settings: Settings) -> Record:
    """A record as it counts here: of the agent that its own key card proves (`identity`), with credentials
    that we verified. What only others grant is left out.

    Raises Refused, BadInput.
    """
    party = PartyId.parse(record.party)
    if identity.party != party or identity.role is not Role.AGENT:
        raise Refused(f"the key card in the record of {party} is of the {identity.role} {identity.party}")
    if serial_text(identity.serial) != record.serial:
        raise Refused(f"the record of {party} names another certificate than its key card")
    check_profile(record.profile, settings, ours=False)
    check_status(record.status, settings)
    _check_entry(record)
    rights = rights_of(identity, vetted.good, settings)
    if not record.profile.credentials:
        check_claims(record.profile, identity, rights)
    return msgspec.structs.replace(
        record,
        profile=within(record.profile, rights),
        organisation=identity.attributes.organisation if record.organisation else "",
        verified=as_verified(vetted.good),
    )


def _check_entry(record: Record) -> None:
    if not is_resource_id(record.resource_id):
        raise BadInput(f"{record.resource_id[:80]!r} is no resource ID")
    if not all(0 <= moment <= _END_OF_TIME for moment in (record.registered_at, record.changed_at)):
        raise BadInput(f"{record.party} was registered or changed at no time that there is")


def check_peer(peer: Peer, own: str) -> None:
    """Raises BadName, BadInput, TooLarge, BadCertificate, Refused unless domain `own` can peer with it."""
    if check_domain(peer.domain) == own:
        raise Refused(f"{peer.domain} is this domain itself: peer with another")
    check_name(peer.gateway)
    if len(peer.bundle) > MAX_BUNDLE_BYTES or len(peer.addresses) > MAX_ADDRESSES:
        raise TooLarge(f"a peer has up to {MAX_ADDRESSES} addresses and {MAX_BUNDLE_BYTES} bytes of roots")
    for address in peer.addresses:
        BrokerAddress.parse(address)
    named = TrustBundle.from_bytes(peer.bundle).domain
    if named != peer.domain:
        raise BadInput(f"the trust bundle is of {named}, not of {peer.domain}")
