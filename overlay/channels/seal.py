"""Sealing and opening what is published in a channel. Pure.

The envelope is the one of all messages (`overlay.wire.envelope`): `to` is the channel, `key_id` the epoch,
`sender_slot` the token of the sending process. The associated data are the subject that the publisher used
and the header's bytes. Members hold one secret, so a seal proves that a *member* published. Which one, the
broker holds to (the last token of the subject is its publisher's) and gateways for those of other domains; in
a channel that is signed it is proved (`signatures`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from overlay.channels.epoch import Epoch, new_process_token, sender_key
from overlay.channels.roster import Roster
from overlay.channels.signatures import Signatures
from overlay.clock import Clock
from overlay.errors import BadEnvelope, BadInput, BadSeal, Expired, NotPermitted, Replayed, UnknownKey
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import Class, Priority, ToChannel, parse_subject
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.keys import new_id
from overlay.trust.replay import ReplayWindow
from overlay.wire.content import Content, Kind, decode_content, encode_content
from overlay.wire.envelope import Envelope, Header, associated_data, encode_envelope, encode_header

_NONCE_BYTES = 12


class Published(NamedTuple):
    """A sealed message, ready for the broker."""

    id: bytes
    subject: str
    envelope: bytes


class Draft(NamedTuple):
    """What is to be published, before its seal: it may have to be sealed again."""

    id: bytes
    cls: Class
    priority: Priority
    deadline_ms: int
    content: bytes


class Headed(NamedTuple):
    """A message with its header, whose content is to be sealed."""

    id: bytes
    subject: str
    epoch: bytes
    header: bytes
    cipher: AESGCM
    nonce: bytes


class Publisher:
    """Seals what one process publishes in one channel."""

    def __init__(self, channel: PartyId, me: PartyId, process: str = "") -> None:
        """`process`: what it is called, never the same twice; else a random token."""
        self._channel = channel
        self._me = me
        self._to = str(channel)
        self._from = str(me)
        self._subjects: dict[tuple[Class, Priority], str] = {}
        self._process = process or new_process_token()
        self._epoch = b""
        self._cipher: AESGCM | None = None
        self._counter = 0
        self._sequences = dict.fromkeys(Class, 0)

    def draft(
        self, cls: Class, priority: Priority, deadline_ms: int, body: bytes, attributes: dict[str, str]
    ) -> Draft:
        """The next message of its class."""
        self._sequences[cls] += 1
        content = Content(Kind.MESSAGE, body, sequence=self._sequences[cls], attributes=attributes)
        return Draft(new_id(), cls, priority, deadline_ms, encode_content(content))

    def head(self, epoch: Epoch, draft: Draft) -> Headed:
        """Under this epoch; a fresh nonce with each call. Raises TooLarge."""
        if self._epoch != epoch.id or self._cipher is None:
            self._cipher = sender_key(epoch, self._to, self._from, self._process)
            self._epoch = epoch.id
        counter = self._counter  # goes on from epoch to epoch: no way back to one uses a nonce again
        self._counter = counter + 1
        cls, priority = draft.cls, draft.priority
        subject = self._subjects.get((cls, priority))
        if subject is None:
            home, name = self._channel.domain, self._channel.name
            subject = str(ToChannel(cls, priority, home, name, self._me.name))
            self._subjects[cls, priority] = subject
        header = encode_header(
            Header(
                draft.id,
                self._from,
                self._to,
                cls,
                priority,
                draft.deadline_ms,
                epoch.id,
                counter,
                sender_slot=self._process,
            )
        )
        nonce = counter.to_bytes(_NONCE_BYTES, "big")
        return Headed(draft.id, subject, epoch.id, header, self._cipher, nonce)


def seal(headed: Headed, content: bytes) -> Published:
    """Once for each header. `content`: that of the draft, or with its signature."""
    data = associated_data(headed.subject, headed.header)
    sealed = headed.cipher.encrypt(headed.nonce, content, data)
    return Published(headed.id, headed.subject, encode_envelope(headed.header, sealed))


class Opened(NamedTuple):
    """What a member published. Proved."""

    sender: PartyId
    header: Header
    content: Content


class _Line:
    """What is the same in all that one process of a sender publishes under one secret, in one class and
    priority.
    """

    __slots__ = ("cipher", "cls", "data", "priority", "roster", "sender", "window")

    def __init__(
        self, sender: PartyId, subject: ToChannel, roster: Roster, cipher: AESGCM, window: ReplayWindow | None
    ) -> None:
        self.sender = sender
        self.cls = subject.cls
        self.priority = subject.priority
        self.data = associated_data(str(subject), b"")
        self.roster = roster
        self.cipher = cipher
        self.window = window
        """Of realtime messages; reliable ones may come again, and are found in the ledger."""


class Opener:
    """Opens what others published in one channel."""

    def __init__(
        self, channel: PartyId, me: PartyId, trust: TrustStore, clock: Clock, settings: Settings
    ) -> None:
        self.signatures = Signatures(trust, clock, settings.channel_senders)
        """Of what is published while the channel is signed."""
        self._channel = channel
        self._to = str(channel)
        self._me = me
        self._clock = clock
        self._skew_s = settings.clock_skew_s
        self._latest_s = settings.max_deadline_s + settings.clock_skew_s
        self._lines: OrderedDict[tuple[str, str, str, bytes], _Line] = OrderedDict()
        self._limit = 4 * settings.channel_senders

    def open(self, envelope: Envelope, arrived: str, epoch: Epoch, roster: Roster) -> Opened:
        """What is in an envelope that came on the subject `arrived`, under `epoch`, when `roster` was.

        Raises BadEnvelope, BadName, Expired, NotPermitted (no member, or one that may not publish), Replayed,
        BadSeal; in a channel that is signed also what `Signatures.open` raises.
        """
        header = envelope.header
        if header.key_id != epoch.id:
            raise UnknownKey(f"the key {header.key_id.hex()} of {self._channel} is not known here")
        name = (arrived, header.sender, header.sender_slot, header.key_id)
        line = self._lines.get(name) or self._begin(arrived, header, epoch, roster)
        self._check(arrived, header, line, roster)
        if line.window is not None and not line.window.is_new(header.counter):
            raise Replayed(f"this message of {header.sender} was seen before, or is far behind the others")
        nonce = header.counter.to_bytes(_NONCE_BYTES, "big")
        try:
            content = line.cipher.decrypt(nonce, envelope.sealed, line.data + envelope.header_bytes)
        except InvalidTag as error:
            raise BadSeal(
                f"what {header.sender} seems to have published in {self._channel} does not open"
            ) from error
        if roster.signed:
            content = self.signatures.open(line.sender, envelope.header_bytes, content)
        if line.window is not None:
            line.window.add(header.counter)
        self._keep(name, line)
        return Opened(line.sender, header, _message(content))

    def _begin(self, arrived: str, header: Header, epoch: Epoch, roster: Roster) -> _Line:
        """The subject that the sender published on is that of arrival inside its domain, else built again."""
        sender = PartyId.parse(header.sender)
        subject = parse_subject(arrived)
        expected = sender.name if sender.domain == self._me.domain else GATEWAY
        if (
            not isinstance(subject, ToChannel)
            or (subject.channel, subject.home) != (self._channel.name, self._channel.domain)
            or subject.sender != expected
            or not header.sender_slot
        ):
            raise _misplaced(header, arrived)
        self._permit(sender, roster)
        published = ToChannel(subject.cls, subject.priority, subject.home, subject.channel, sender.name)
        cipher = sender_key(epoch, self._to, header.sender, header.sender_slot)
        window = ReplayWindow() if subject.cls is Class.REALTIME else None
        return _Line(sender, published, roster, cipher, window)

    def _check(self, arrived: str, header: Header, line: _Line, roster: Roster) -> None:
        """What may differ from message to message."""
        if (
            header.cls is not line.cls
            or header.priority is not line.priority
            or header.to != self._to
            or header.slot
            or header.wrap
        ):
            raise _misplaced(header, arrived)
        now = self._clock()
        if header.deadline_ms < (now - self._skew_s) * 1000:
            raise Expired(f"the message of {header.sender} is past its deadline")
        if header.deadline_ms > (now + self._latest_s) * 1000:
            raise BadEnvelope(f"the deadline of a message of {header.sender} is beyond max_deadline_s")
        if line.roster is not roster:
            self._permit(line.sender, roster)
            line.roster = roster

    def _permit(self, sender: PartyId, roster: Roster) -> None:
        member = roster.member(sender)
        if member is None or not member.publish:
            raise NotPermitted(f"{sender} may not publish in {self._channel}")

    def _keep(self, name: tuple[str, str, str, bytes], line: _Line) -> None:
        """Something of it opened."""
        self._lines[name] = line
        self._lines.move_to_end(name)
        if len(self._lines) > self._limit:
            self._lines.popitem(last=False)


def _misplaced(header: Header, arrived: str) -> BadEnvelope:
    return BadEnvelope(f"a message that claims to be from {header.sender} does not belong on {arrived}")


def _message(data: bytes) -> Content:
    content = decode_content(data)
    if content.kind is not Kind.MESSAGE or content.sequence < 1:
        raise BadInput("only numbered messages are published in channels")
    return content
