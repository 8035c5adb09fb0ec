"""From bytes to a proved message: one function that is the whole way in."""

from __future__ import annotations

import msgspec

from overlay.endpoint.origin import published_subject
from overlay.errors import BadSeal, Refused
from overlay.naming.ids import PartyId
from overlay.trust.identity import Identity, Role
from overlay.trust.keyring import Keyring
from overlay.wire.content import Content, Kind, decode_content
from overlay.wire.envelope import Envelope, Header

TALKERS = frozenset({Role.AGENT, Role.SERVICE, Role.GATEWAY})
"""Who may send to agents and their processes."""
ASKERS = TALKERS | {Role.OPERATOR, Role.JOIN}
"""Who may ask a service."""


class Verified(msgspec.Struct, frozen=True):
    """A message whose sender, receiver, subject, time and content are proved."""

    sender: Identity
    header: Header
    content: Content
    new_key: bool
    """The sender should be told that its key is known now."""


class Verifier:
    """Proves messages to one party."""

    def __init__(self, me: PartyId, keyring: Keyring) -> None:
        self._me = me
        self._keyring = keyring

    def verify(self, arrived: str, envelope: Envelope) -> Verified:
        """Raises BadEnvelope, BadName, Refused, Untrusted (UnknownDomain: try again when it is known)."""
        header = envelope.header
        subject = published_subject(arrived, header, self._me)
        opened = self._keyring.open(envelope, subject)
        if opened.sender.party != PartyId.parse(header.sender):
            raise BadSeal(f"a message of {opened.sender.party} claims to be from {header.sender}")
        content = decode_content(opened.content)
        _permit(arrived, opened.sender, content.kind)
        return Verified(opened.sender, header, content, opened.new_key)


def _permit(arrived: str, sender: Identity, kind: Kind) -> None:
    asked = arrived.startswith("ov.svc.")
    if sender.role not in (ASKERS if asked else TALKERS):
        raise Refused(f"{sender.party} has the role {sender.role} and may not send this")
    if asked and kind is not Kind.REQUEST:
        raise Refused(f"{sender.party} sent something else than a question to a service")
