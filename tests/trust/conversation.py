"""Two parties with keyrings, and a clock that tests set."""

from __future__ import annotations

from overlay.naming.subjects import Class, Priority, ToAgent
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.keycard import KeyCard, make_card, open_card
from overlay.trust.keyring import Keyring, Opened
from overlay.trust.keys import new_id
from overlay.wire.envelope import decode_envelope
from tests.forgery import CleanRoom

NOW = 1_800_000_000.0


class Side:
    """One process of one party."""

    def __init__(self, credentials: Credentials, trust: TrustStore, settings: Settings | None = None) -> None:
        self.credentials = credentials
        self.trust = trust
        self.now = NOW
        self.keyring = Keyring(credentials, trust, lambda: self.now, settings or Settings())

    def card(self) -> bytes:
        return make_card(self.credentials, self.now)

    def knows(self, other: Side) -> KeyCard:
        return open_card(other.card(), self.trust, self.now)

    def seal(
        self,
        to: Side | KeyCard,
        content: bytes = b"hello",
        *,
        cls: Class = Class.REALTIME,
        priority: Priority = Priority.NORMAL,
        deadline_s: float = 30.0,
        always_wrap: bool = False,
    ) -> bytes:
        card = self.knows(to) if isinstance(to, Side) else to
        return self.keyring.seal(
            self.subject(card, cls, priority),
            card,
            content,
            id=new_id(),
            cls=cls,
            priority=priority,
            deadline_ms=int((self.now + deadline_s) * 1000),
            always_wrap=always_wrap,
        )

    def subject(self, to: KeyCard, cls: Class = Class.REALTIME, priority: Priority = Priority.NORMAL) -> str:
        return str(ToAgent(cls, priority, to.identity.party.name, self.credentials.party.name))

    def open(self, data: bytes, subject: str = "") -> Opened:
        envelope = decode_envelope(data)
        header = envelope.header
        names = (header.to.partition("@")[0], header.sender.partition("@")[0])
        return self.keyring.open(envelope, subject or str(ToAgent(header.cls, header.priority, *names)))


def pair(settings: Settings | None = None) -> tuple[Side, Side]:
    """alice and bob of one domain."""
    room = CleanRoom("a.example", NOW)
    alice = Side(room.party("alice"), room.store(), settings)
    return alice, Side(room.party("bob"), room.store(), settings)
