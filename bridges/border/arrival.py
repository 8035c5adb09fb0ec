"""What may come in for agents of ours: where it is published here, and for how long it is kept. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from bridges.frames.frame import Message
from overlay.errors import NotFound
from overlay.naming.ids import GATEWAY, PartyId, check_name, is_reserved
from overlay.naming.subjects import ToAgent, ToProcess
from overlay.wire.envelope import Header, decode_header


class Arrival(msgspec.Struct, frozen=True):
    """A message that passed: for whom, where it is published here, and for how long it is kept."""

    header: Header
    to: str
    subject: str
    envelope: bytes
    until: float

    @property
    def message_id(self) -> str:
        """The same for the same bytes, however often and through whichever session they come; another when
        their sender sealed them anew. Who has not seen them cannot store something else under it before.
        """
        return hashlib.blake2b(self.envelope, digest_size=16, person=b"arrival").hexdigest()


def check_arrival(message: Message, header: Header, here: str, until: float) -> Arrival:
    """Of a message that passed `check_passing`. Raises NotFound, BadName."""
    to = PartyId.parse(header.to)
    if to.domain != here or is_reserved(to.name):
        raise NotFound(f"{header.to} is no agent of {here}")
    return Arrival(header, to.name, arriving_subject(header, to.name), message.envelope, until)


def header_of(message: Message) -> Header:
    """Raises BadEnvelope, BadName."""
    return decode_header(message.envelope)


def arriving_subject(header: Header, to: str) -> str:
    """Where our gateway publishes what is for agent `to` of ours. Raises BadName."""
    if header.slot:
        return str(ToProcess(header.cls, header.priority, to, check_name(header.slot), GATEWAY))
    return str(ToAgent(header.cls, header.priority, to, GATEWAY))
