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

from overlay.channels.epoch import Epoch, SenderKeys, new_process_token, sender_key
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

    def __init__(self, channel: PartyId, me: PartyId) -> None:
        self._channel = channel
        self._me = me
        self._process = new_process_token()
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
            self._cipher = sender_key(epoch, str(self._channel), str(self._me), self._process)
            self._epoch = epoch.id
        counter = self._counter  # goes on from epoch to epoch: no way back to one uses a nonce again
        self._counter = counter + 1
        cls, priority = draft.cls, draft.priority
        subject = str(ToChannel(cls, priority, self._channel.domain, self._channel.name, self._me.name))
        header = encode_header(
            Header(
                draft.id,
                str(self._me),
                str(self._channel),
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


class Opener:
    """Opens what others published in one channel."""

    def __init__(
        self, channel: PartyId, me: PartyId, trust: TrustStore, clock: Clock, settings: Settings
    ) -> None:
        self.signatures = Signatures(trust, clock, settings.channel_senders)
        """Of what is published while the channel is signed."""
        self._channel = channel
        self._me = me
        self._clock = clock
        self._skew_s = settings.clock_skew_s
        self._latest_s = settings.max_deadline_s + settings.clock_skew_s
        self._keys = SenderKeys(str(channel), settings.channel_senders)
        self._windows: OrderedDict[tuple[bytes, str, Priority], ReplayWindow] = OrderedDict()
        self._limit = 4 * settings.channel_senders

    def open(self, envelope: Envelope, arrived: str, epoch: Epoch, roster: Roster) -> Opened:
        """What is in an envelope that came on the subject `arrived`, under `epoch`, when `roster` was.

        Raises BadEnvelope, BadName, Expired, NotPermitted (no member, or one that may not publish), Replayed,
        BadSeal; in a channel that is signed also what `Signatures.open` raises.
        """
        header = envelope.header
        sender = PartyId.parse(header.sender)
        subject = self._published(arrived, header, sender)
        self._check_time(header)
        member = roster.member(sender)
        if member is None or not member.publish:
            raise NotPermitted(f"{sender} may not publish in {self._channel}")
        if header.key_id != epoch.id:
            raise UnknownKey(f"the key {header.key_id.hex()} of {self._channel} is not known here")
        window, name = self._window(header)
        cipher = self._keys.get(epoch, header.sender, header.sender_slot)
        nonce = header.counter.to_bytes(_NONCE_BYTES, "big")
        try:
            data = associated_data(subject, envelope.header_bytes)
            content = cipher.decrypt(nonce, envelope.sealed, data)
        except InvalidTag as error:
            raise BadSeal(
                f"what {sender} seems to have published in {self._channel} does not open"
            ) from error
        if roster.signed:
            content = self.signatures.open(sender, envelope.header_bytes, content)
        self._keys.keep(epoch, header.sender, header.sender_slot, cipher)
        if window is not None:
            self._seen(name, window, header.counter)
        return Opened(sender, header, _message(content))

    def _published(self, arrived: str, header: Header, sender: PartyId) -> str:
        """The subject that the sender published on: inside its domain that of arrival, else built again."""
        subject = parse_subject(arrived)
        foreign = sender.domain != self._me.domain
        fits = (
            isinstance(subject, ToChannel)
            and (subject.channel, subject.home) == (self._channel.name, self._channel.domain)
            and (subject.cls, subject.priority) == (header.cls, header.priority)
            and subject.sender == (GATEWAY if foreign else sender.name)
            and header.to == str(self._channel)
            and not header.slot
            and not header.wrap
        )
        if not fits or not header.sender_slot:
            raise BadEnvelope(f"a message that claims to be from {sender} does not belong on {arrived}")
        home, name = self._channel.domain, self._channel.name
        return str(ToChannel(header.cls, header.priority, home, name, sender.name))

    def _check_time(self, header: Header) -> None:
        now = self._clock()
        if header.deadline_ms < (now - self._skew_s) * 1000:
            raise Expired(f"the message of {header.sender} is past its deadline")
        if header.deadline_ms > (now + self._latest_s) * 1000:
            raise BadEnvelope(f"the deadline of a message of {header.sender} is beyond max_deadline_s")

    def _window(self, header: Header) -> tuple[ReplayWindow | None, tuple[bytes, str, Priority]]:
        """Of realtime messages; reliable ones may come again, and are found in the ledger."""
        name = (header.key_id, f"{header.sender} {header.sender_slot}", header.priority)
        if header.cls is not Class.REALTIME:
            return None, name
        window = self._windows.get(name) or ReplayWindow()
        if not window.is_new(header.counter):
            raise Replayed(f"this message of {header.sender} was seen before, or is far behind the others")
        return window, name

    def _seen(self, name: tuple[bytes, str, Priority], window: ReplayWindow, counter: int) -> None:
        window.add(counter)
        self._windows[name] = window
        self._windows.move_to_end(name)
        if len(self._windows) > self._limit:
            self._windows.popitem(last=False)


def _message(data: bytes) -> Content:
    content = decode_content(data)
    if content.kind is not Kind.MESSAGE or content.sequence < 1:
        raise BadInput("only numbered messages are published in channels")
    return content
