"""What may leave our domain by a channel: envelopes of whoever published them, for that channel. Pure."""

from __future__ import annotations

from bridges.border.departure import Foreign
from bridges.routing.transit import Transit, departing
from overlay.errors import BadEnvelope, Expired
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import ToChannel, parse_subject
from overlay.wire.envelope import Header, decode_envelope


def is_own(subject: str) -> bool:
    """Whether the gateway itself published it: members of another domain did, and it came over a link."""
    return subject.endswith(f".{GATEWAY}")


def publication_subject(header: Header) -> str:
    """Where what a member of another domain published is published here."""
    channel = PartyId.parse(header.to)
    return str(ToChannel(header.cls, header.priority, channel.domain, channel.name, GATEWAY))


def check_publication(
    subject: str, payload: bytes, here: str, hops: int, now: float
) -> tuple[Header, Transit]:
    """Raises BadName, BadEnvelope, Foreign, Expired."""
    target = parse_subject(subject)
    if not isinstance(target, ToChannel):
        raise BadEnvelope(f"{subject} is no subject of a channel")
    header = decode_envelope(payload).header
    if header.sender != f"{target.sender}@{here}":
        raise Foreign(f"{target.sender} of {here} cannot publish for {header.sender}")
    if PartyId.parse(header.to) != PartyId(target.channel, target.home):
        raise BadEnvelope(f"an envelope for {header.to} was published in {target.channel}@{target.home}")
    if (header.cls, header.priority) != (target.cls, target.priority):
        raise BadEnvelope("class or priority of the envelope are not those of its subject")
    if header.slot:
        raise BadEnvelope("what is published in a channel is for no single process")
    until = header.deadline_ms / 1000
    if until <= now:
        raise Expired(f"what {header.sender} published was past its deadline before it left")
    return header, departing(here, hops, until)
