"""Envelopes of a channel that lie in its record: opened by a member however old they are, and made for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag

from overlay.channels.epoch import Epoch, SenderKeys
from overlay.channels.message import ChannelMessage, channel_message
from overlay.channels.seal import Opened, Publisher, seal
from overlay.channels.signatures import Signatures
from overlay.channels.signing import Signing
from overlay.channels.vault import Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadEnvelope, BadSeal, NotFound, NotPermitted, OverlayError, TooLarge, UnknownKey
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority, ToChannel
from overlay.sessions.protocol import RECORD_TOPIC, Kind, Line, ReadRecord, RecordPage, encode_ask
from overlay.wire.content import decode_content
from overlay.wire.envelope import Envelope, associated_data, decode_envelope
from overlay.wire.request import decode_struct

if TYPE_CHECKING:
    from overlay.channels.membership import Membership

_NONCE_BYTES = 12


class Past(NamedTuple):
    """Something in a channel's record."""

    number: int
    at: float
    """When it was recorded, seconds since 1970."""
    message: ChannelMessage


class Recorded:
    """Of one channel in one process. What is sealed for the record has a sequence of its own."""

    def __init__(self, endpoint: Endpoint, membership: Membership, vault: Vault) -> None:
        self._endpoint = endpoint
        self._membership = membership
        self._vault = vault
        self._publisher = Publisher(membership.id, endpoint.me)
        self._signing = Signing(lambda: endpoint.party.credentials, 0.0)
        self._keys = SenderKeys(str(membership.id), endpoint.settings.channel_senders)
        self._at = 0.0
        self._signatures = Signatures(endpoint.trust, self._when, endpoint.settings.channel_senders)
        self._epochs: dict[bytes, Epoch] = {}

    async def seal(self, body: bytes, attributes: dict[str, str]) -> tuple[bytes, bytes]:
        """ID and envelope. Raises TooLarge, NotPermitted."""
        limit, membership = self._endpoint.settings.max_body_bytes, self._membership
        if len(body) > limit:
            raise TooLarge(f"a body of {len(body)} bytes is over the limit of {limit} (max_body_bytes)")
        member = membership.roster.member(self._endpoint.me)
        if member is None or not member.publish:
            raise NotPermitted(f"{self._endpoint.me} may not publish in {membership.id}")
        deadline_s = self._endpoint.party.clock() + self._endpoint.settings.reliable_deadline_s
        draft = self._publisher.draft(
            Class.RELIABLE, Priority.NORMAL, int(deadline_s * 1000), body, attributes
        )
        headed, content = self._publisher.head(membership.epoch, draft), draft.content
        if membership.roster.signed:
            content = await self._signing.sign(headed.epoch, headed.header, content, always=True)
        published = seal(headed, content)
        return published.id, published.envelope

    def open(self, data: bytes, at: float = 0.0) -> ChannelMessage:
        """What a member published or sealed. `at`: when it was recorded; now, if that is not known. Raises
        BadEnvelope, BadSeal; UnknownKey where the secret was not granted to us; in a signed channel also what
        `Signatures.open` raises.
        """
        envelope = decode_envelope(data)
        header = envelope.header
        if header.to != str(self._membership.id) or header.slot or header.wrap or not header.sender_slot:
            raise BadEnvelope(f"this was not published in {self._membership.id}")
        content = self._decrypt(envelope, self._epoch(header.key_id))
        sender = PartyId.parse(header.sender)
        if self._membership.roster.signed:
            self._at = at
            content = self._signatures.open(sender, envelope.header_bytes, content)
        opened = Opened(sender, header, decode_content(content))
        return channel_message(self._membership.id, opened)

    async def read(self, after: int, limit: int) -> AsyncIterator[Past]:
        """Lines of the record that we can open, up to the newest. Raises NotFound, and what asking raises."""
        recorder = self._membership.roster.recorder
        if recorder is None:
            raise NotFound(f"{self._membership.id} keeps no history")
        given = 0
        while True:
            ask = encode_ask(ReadRecord(str(self._membership.id), after, max(0, limit - given)))
            answer = await self._endpoint.ask(recorder, ask, topic=RECORD_TOPIC)
            page = decode_struct(answer.body, RecordPage)
            for line in page.lines:
                after = line.number
                message = self._said(line)
                if message is not None:
                    given += 1
                    yield Past(line.number, line.at, message)
                    if given == limit:
                        return
            if not page.lines or after >= page.last:
                return

    def _said(self, line: Line) -> ChannelMessage | None:
        if line.kind is not Kind.SAID:
            return None
        try:
            message = self.open(line.data, line.at)
        except OverlayError as error:  # one that cannot be opened does not hide the others
            self._endpoint.counters[f"channel-past-{error.reason}"] += 1
            return None
        if (str(message.sender), message.id) != (line.sender, line.id):
            self._endpoint.counters["channel-past-bad-line"] += 1
            return None
        return message

    def _decrypt(self, envelope: Envelope, epoch: Epoch) -> bytes:
        header, channel = envelope.header, self._membership.id
        sender = PartyId.parse(header.sender)
        subject = str(ToChannel(header.cls, header.priority, channel.domain, channel.name, sender.name))
        cipher = self._keys.get(epoch, header.sender, header.sender_slot)
        nonce = header.counter.to_bytes(_NONCE_BYTES, "big")
        try:
            data = associated_data(subject, envelope.header_bytes)
            content = cipher.decrypt(nonce, envelope.sealed, data)
        except InvalidTag as error:
            raise BadSeal(f"what {sender} seems to have published in {channel} does not open") from error
        self._keys.keep(epoch, header.sender, header.sender_slot, cipher)
        return content

    def _epoch(self, key_id: bytes) -> Epoch:
        if key_id == self._membership.epoch.id:
            return self._membership.epoch
        if key_id not in self._epochs:
            name = self._membership.id
            known = [held for held in (self._vault.ended(name), self._vault.load(name)) if held]
            self._epochs = {epoch.id: epoch for held in known for epoch in (*held.past, held.epoch)}
        if key_id not in self._epochs:
            raise UnknownKey(f"the key {key_id.hex()} of {self._membership.id} was not granted to us")
        return self._epochs[key_id]

    def _when(self) -> float:
        return self._at or self._endpoint.party.clock()
