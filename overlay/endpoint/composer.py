"""Making messages: content, then subject and key card, then the seal around it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from overlay.endpoint.numbering import Numbering
from overlay.errors import TooLarge
from overlay.naming.ids import PartyId, is_own
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority, ToAgent, ToDomain, ToProcess, ToService
from overlay.quality.quality import Told
from overlay.settings import Settings
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind, encode_content


class Draft(msgspec.Struct, frozen=True):
    """What the application wants to say."""

    kind: Kind
    to: PartyId
    body: bytes
    topic: str
    attributes: Mapping[str, str] | None
    cls: Class
    priority: Priority
    left_s: float
    """How long it is worth delivering."""
    shown: tuple[str, ...] = ()
    """Credentials that go with it."""
    quality: Told | None = None
    slot: str = ""
    """Which process of `to` it is for, of realtime messages; empty: whichever is free."""
    numbered: bool = True
    """Whether its receiver puts it in order."""


@dataclass(slots=True)
class Outgoing:
    """A message before its seal; kept where it may have to be sealed again."""

    id: bytes
    to: KeyCard
    subject: str
    content: bytes
    cls: Class
    priority: Priority
    deadline_ms: int
    slot: str
    number: int = 0
    """Of a reliable message, in its stream."""
    resent: bool = False


@lru_cache(maxsize=8192)
def subject_of(
    cls: Class, priority: Priority, to: PartyId, slot: str, me: PartyId, inside: Inside = Inside.DIRECT
) -> str:
    """Where a message to `to` (to its process `slot`, if given) is published in our domain. Pure.
    `inside`: how messages between its agents go.
    """
    through = inside is Inside.GATEWAY and not (is_own(to.name) or is_own(me.name))
    if to.domain != me.domain or through:
        return str(ToDomain(cls, priority, to.domain, to.name, me.name))
    if slot:
        return str(ToProcess(cls, priority, to.name, slot, me.name))
    return str(ToAgent(cls, priority, to.name, me.name))


class Composer:
    """Makes the messages of one process, and numbers them."""

    def __init__(self, me: PartyId, slot: str, keyring: Keyring, settings: Settings) -> None:
        self.slot = slot
        """Of our process: answers to what is sealed now come to it."""
        self.inside = Inside.DIRECT
        """How messages between agents of our domain go: its card says it."""
        self._me = me
        self._keyring = keyring
        self._settings = settings
        self.numbering = Numbering(settings.peers_counted)

    def check_size(self, body: bytes, topic: str, attributes: Mapping[str, str] | None) -> None:
        """Raises TooLarge."""
        if len(body) > self._settings.max_body_bytes:
            raise TooLarge(
                f"a body of {len(body)} bytes is over the limit of {self._settings.max_body_bytes} "
                "(max_body_bytes): send it in parts"
            )
        if topic or attributes:
            size = len(topic) + sum(len(key) + len(value) for key, value in (attributes or {}).items())
            if size > self._settings.max_attributes_bytes:
                raise TooLarge(f"topic and attributes of {size} bytes are over max_attributes_bytes")

    def message(self, draft: Draft, card: KeyCard, deadline_ms: int) -> Outgoing:
        """A message or request of the application."""
        content, number = self._numbered(draft) if draft.numbered else (_content(draft), 0)
        subject = subject_of(draft.cls, draft.priority, draft.to, draft.slot, self._me, self.inside)
        data = encode_content(content)
        lane = draft.cls, draft.priority
        return Outgoing(new_id(), card, subject, data, *lane, deadline_ms, draft.slot, number)

    def _numbered(self, draft: Draft) -> tuple[Content, int]:
        stream = self.numbering.next(draft.to, draft.cls, draft.priority)
        content = msgspec.structs.replace(
            _content(draft),
            sequence=stream.last,
            stream=stream.id,
            oldest=stream.oldest if stream.open else 0,
            gone=stream.gone,
        )
        return content, stream.last

    def again(
        self, card: KeyCard, message_id: bytes, content: Content, priority: Priority, deadline_ms: int
    ) -> Outgoing:
        """The same reliable message once more, after it was given up."""
        to = card.identity.party
        stream = self.numbering.next(to, Class.RELIABLE, priority)
        renewed = msgspec.structs.replace(
            content,
            sequence=stream.last,
            stream=stream.id,
            oldest=stream.oldest,
            gone=stream.gone,
            sendings=content.sendings + 1,
        )
        subject = subject_of(Class.RELIABLE, priority, to, "", self._me, self.inside)
        data, number = encode_content(renewed), stream.last
        return Outgoing(message_id, card, subject, data, Class.RELIABLE, priority, deadline_ms, "", number)

    def question(
        self, card: KeyCard, service: str, operation: str, body: bytes, deadline_ms: int
    ) -> Outgoing:
        """A question to a service."""
        content = encode_content(Content(kind=Kind.REQUEST, body=body, topic=operation))
        subject = str(ToService(service, operation, self._me.name))
        return Outgoing(new_id(), card, subject, content, Class.REALTIME, Priority.NORMAL, deadline_ms, "")

    def answer(
        self, card: KeyCard, slot: str, priority: Priority, content: bytes, deadline_ms: int
    ) -> Outgoing:
        """Something about earlier messages, to the process `slot` that sent them (empty: any)."""
        subject = subject_of(Class.REALTIME, priority, card.identity.party, slot, self._me, self.inside)
        return Outgoing(new_id(), card, subject, content, Class.REALTIME, priority, deadline_ms, slot)

    def seal(self, outgoing: Outgoing, *, always_wrap: bool = False, answers: str = "") -> bytes:
        """The whole envelope. Each call uses a fresh counter. `answers`: where they go, if not to us."""
        return self._keyring.seal(
            outgoing.subject,
            outgoing.to,
            outgoing.content,
            id=outgoing.id,
            cls=outgoing.cls,
            priority=outgoing.priority,
            deadline_ms=outgoing.deadline_ms,
            slot=outgoing.slot,
            sender_slot=answers or self.slot,
            always_wrap=always_wrap,
        )


def _content(draft: Draft) -> Content:
    return Content(
        kind=draft.kind,
        body=draft.body,
        topic=draft.topic,
        attributes=dict(draft.attributes) if draft.attributes else {},
        shown=draft.shown,
        quality=draft.quality,
    )
