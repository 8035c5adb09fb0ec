"""What may come in from a peer: envelopes of its own agents to ours, in time, without a loop. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bridges.border.departure import Foreign
from bridges.frames.frame import Message
from bridges.routing.transit import arrived
from overlay.errors import BadEnvelope, Expired, NotFound
from overlay.naming.ids import GATEWAY, PartyId, check_name, is_reserved
from overlay.naming.subjects import Class, ToAgent, ToProcess
from overlay.wire.envelope import Header, decode_envelope


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that passed: for whom, where it is published here, and for how long it is kept."""

    header: Header
    to: str
    subject: str
    envelope: bytes
    until: float

    @property
    def message_id(self) -> str:
        """The same for the same message, however often and through whichever session it comes; another when
        its sender sealed it anew.
        """
        header = self.header
        sealed = header.sender.encode() + b"\x00" + header.id + header.key_id
        return hashlib.sha256(b"agent-overlay/arrival\x00" + sealed).hexdigest()


def check_arrival(
    message: Message, header: Header, peer: str, here: str, now: float, skew_s: float
) -> Arrival:
    """Raises Foreign, NotFound, BadEnvelope, BadName, Expired, Looped, TooFar."""
    sender, to = PartyId.parse(header.sender), PartyId.parse(header.to)
    if sender.domain != peer or message.path[:1] != (peer,) or len(message.path) != 1:
        raise Foreign(f"{peer} speaks for its own agents only, not for {header.sender}")
    if to.domain != here or is_reserved(to.name):
        raise NotFound(f"{header.to} is no agent of {here}")
    if (header.cls, header.priority) != (message.cls, message.priority):
        raise BadEnvelope("class or priority of the envelope are not those that it travels under")
    if (header.cls is Class.RELIABLE) != (message.number > 0):
        raise BadEnvelope("reliable messages are numbered, and only they")
    if header.slot and header.cls is Class.RELIABLE:  # nobody would read it, and it would lie in our store
        raise BadEnvelope("what is for one process is an answer, and answers are not stored")
    arrived(here, message.hops, message.path, now)
    until = min(now + message.left_ms / 1000, header.deadline_ms / 1000 + skew_s)
    if until <= now:
        raise Expired(f"a message of {header.sender} was past its deadline when it arrived")
    return Arrival(header, to.name, _subject(header, to.name), message.envelope, until)


def header_of(message: Message) -> Header:
    """Raises BadEnvelope, BadName."""
    return decode_envelope(message.envelope).header


def _subject(header: Header, to: str) -> str:
    if header.slot:
        return str(ToProcess(header.cls, header.priority, to, check_name(header.slot), GATEWAY))
    return str(ToAgent(header.cls, header.priority, to, GATEWAY))
