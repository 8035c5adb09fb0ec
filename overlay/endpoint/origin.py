"""On which subject a message was published, told from where it arrived. Pure.

A seal is bound to the subject that the sender published on. Inside a domain that is the subject of arrival.
From another domain, and inside of one where messages go through the gateway (GW-11), gateways changed it, so
it is built again from who we are and who claims to send.
"""

from __future__ import annotations

from functools import lru_cache

from overlay.errors import BadEnvelope
from overlay.naming.ids import GATEWAY, PartyId, is_own
from overlay.naming.subjects import Class, Priority, ToAgent, ToDomain, ToProcess, ToService, parse_subject
from overlay.wire.envelope import Header


def published_subject(arrived: str, header: Header, me: PartyId) -> str:
    """Raises BadEnvelope when header and subject do not belong together; BadName."""
    return _published(arrived, header.sender, (header.cls, header.priority), header.slot, me)


@lru_cache(maxsize=8192)
def _published(arrived: str, claimed: str, lane: tuple[Class, Priority], slot: str, me: PartyId) -> str:
    subject = parse_subject(arrived)
    sender = PartyId.parse(claimed)
    foreign = sender.domain != me.domain
    carried = foreign or (subject.sender == GATEWAY and not is_own(sender.name))
    match subject:
        case ToAgent(to=to):
            fits = to == me.name and not slot and (subject.cls, subject.priority) == lane
        case ToProcess(to=to, slot=process):
            fits = to == me.name and slot == process and (subject.cls, subject.priority) == lane
        case ToService(service=to):
            fits = to == me.name and not slot and not carried and lane == (Class.REALTIME, Priority.NORMAL)
        case _:
            fits = False
    if not fits or subject.sender != (GATEWAY if carried else sender.name):
        raise BadEnvelope(f"a message that claims to be from {claimed} does not belong on {arrived}")
    return str(ToDomain(*lane, me.domain, me.name, sender.name)) if carried else arrived
