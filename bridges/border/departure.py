"""What may leave our domain: envelopes of whoever published them, to where they were published. Pure."""

from __future__ import annotations

from bridges.routing.transit import Transit, departing
from overlay.errors import BadEnvelope, Expired, Refused
from overlay.naming.ids import PartyId
from overlay.naming.subjects import ToDomain, parse_subject
from overlay.wire.envelope import Header, decode_header


class Foreign(Refused):
    """Somebody speaks for a party that it is not."""

    reason = "foreign-sender"


def check_departure(subject: str, payload: bytes, here: str, hops: int, now: float) -> tuple[Header, Transit]:
    """Its header, and its transit. Raises BadName, BadEnvelope, Foreign, Expired."""
    target = parse_subject(subject)
    if not isinstance(target, ToDomain):
        raise BadEnvelope(f"{subject} is no way out of a domain")
    header = decode_header(payload)
    if header.sender != f"{target.sender}@{here}":
        raise Foreign(f"{target.sender} of {here} cannot send for {header.sender}")
    if PartyId.parse(header.to) != PartyId(target.to, target.domain):
        raise BadEnvelope(f"an envelope for {header.to} was published for {target.to}@{target.domain}")
    if (header.cls, header.priority) != (target.cls, target.priority):
        raise BadEnvelope("class or priority of the envelope are not those of its subject")
    until = header.deadline_ms / 1000
    if until <= now:
        raise Expired(f"a message of {header.sender} was past its deadline before it left")
    return header, departing(here, hops, until)
