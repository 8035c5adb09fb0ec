"""Sealing and opening: every message between two parties, end to end (design §3). Pure.

The body is sealed with AES-256-GCM under a message key, the nonce is the header's counter, and the
associated data are the published subject and the header's bytes. The message key is random, made by the
sending process for one receiver, and reaches it in a wrap (`overlay.trust.wrap`) beside the sender's card.

What a message changes here (known keys, replay windows, cards), it changes after its seal opened. Replays
are found in `realtime` messages as long as the key is remembered, by each process for itself; those of
`reliable` ones are found above, by (sender, ID), since they may come again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from overlay.clock import Clock
from overlay.errors import BadCertificate, BadEnvelope, BadInput, BadSeal, Expired, Replayed, UnknownKey
from overlay.naming.ids import CA, PartyId
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import SENDERS, Identity, Role
from overlay.trust.incoming import IncomingKey, IncomingKeys
from overlay.trust.keycard import KeyCard, open_card
from overlay.trust.keys import SealingKey
from overlay.trust.outgoing import OutgoingKeys
from overlay.trust.replay import ReplayWindow
from overlay.trust.wrap import open_wrap
from overlay.wire.envelope import Envelope, Header, associated_data, encode_envelope, encode_header

CONFIRM_AGAIN = 64
"""After so many more wrapped messages the sender is told again that its key is known."""
_NONCE_BYTES = 12


class Opened(NamedTuple):
    """What an envelope held, and who sealed it. Proved."""

    sender: Identity
    content: bytes
    new_key: bool
    """The key was not known, or its sender seems not to know that it is: confirm it."""


class Keyring:
    """The message keys of one process of one party."""

    def __init__(self, me: Credentials, trust: TrustStore, clock: Clock, settings: Settings) -> None:
        self._me = me
        self._name = str(me.party)
        self._trust = trust
        self._clock = clock
        self._cards_limit = settings.outgoing_keys
        self._latest_s = settings.max_deadline_s + trust.skew_s
        self._outgoing = OutgoingKeys(me, trust, settings)
        self._incoming = IncomingKeys(settings.incoming_keys, settings.incoming_keys_per_sender)
        self._cards: OrderedDict[str, KeyCard] = OrderedDict()
        self.sealing_source: Callable[[], Sequence[SealingKey]] = tuple
        """Sealing keys of ours that another of our processes may have made meanwhile."""

    def seal(
        self,
        subject: str,
        to: KeyCard,
        content: bytes,
        *,
        id: bytes,
        cls: Class,
        priority: Priority,
        deadline_ms: int,
        slot: str = "",
        sender_slot: str = "",
        always_wrap: bool = False,
    ) -> bytes:
        """The whole envelope; a fresh nonce with each call. Every reliable message wants `always_wrap`.

        Raises BadCertificate, Expired when the receiver (or we) cannot be trusted now; BadInput for a
        deadline beyond `max_deadline_s`; TooLarge.
        """
        key = self._outgoing.key(to, self._clock())
        if deadline_ms > key.expiry_ms:
            raise BadInput("the deadline is later than max_deadline_s permits: give an earlier one")
        counter = key.counter
        key.counter = counter + 1
        wrap, card = (key.wrap, key.card) if always_wrap or not key.confirmed else (b"", b"")
        header = encode_header(
            Header(
                id,
                self._name,
                to.name,
                cls,
                priority,
                deadline_ms,
                key.id,
                counter,
                slot,
                sender_slot,
                wrap,
                card,
            )
        )
        nonce = counter.to_bytes(_NONCE_BYTES, "big")
        return encode_envelope(header, key.cipher.encrypt(nonce, content, associated_data(subject, header)))

    def open(self, envelope: Envelope, subject: str) -> Opened:
        """What is in an envelope that its sender published on `subject`.

        Raises UnknownKey (ask for a wrap, or fetch our new card), BadSeal, BadSignature, BadCertificate
        (UnknownDomain), BadEnvelope, Expired, Replayed.
        """
        header = envelope.header
        if header.to != self._name:
            raise BadSeal(f"this message is for {header.to}, not for {self._name}")
        now = self._clock()
        if header.deadline_ms < (now - self._trust.skew_s) * 1000:
            raise Expired(f"the message of {header.sender} is past its deadline")
        if header.deadline_ms > (now + self._latest_s) * 1000:  # the ledger would keep it for so long
            raise BadEnvelope(f"the deadline of a message of {header.sender} is beyond max_deadline_s")
        known = self._known(header, now)
        key = known or self._unwrap(header, now)
        window = _window(header, key)
        content = _decrypt(key.cipher, envelope, subject)
        if window is not None:
            window.add(header.counter)
        if known is None:
            self._learn(key)
        return Opened(key.sender.identity, content, known is None or _confirm_again(header, key))

    def own_card(self) -> bytes:
        """The card of ours that goes with messages. Raises BadInput when there is no sealing key."""
        return self._outgoing.card(self._clock())

    def confirm(self, party: PartyId, key_id: bytes) -> None:
        """`party` says it knows this key of ours: seal without wrap. Other keys are left as they are."""
        self._outgoing.confirm(party, key_id)

    def unconfirm(self, party: PartyId) -> None:
        """`party` says it does not know our key: wrap it again."""
        self._outgoing.unconfirm(party)

    def card_of(self, party: PartyId) -> KeyCard | None:
        """The newest card that `party` showed in a message to us."""
        return self._cards.get(str(party))

    def forget(self, party: PartyId) -> None:
        """Forget our key for `party` and its card: the next message is sealed to the card then given.

        What it sent us stays known: replays are found, and revoked certificates refused, by that.
        """
        self._outgoing.forget(party)
        self._cards.pop(str(party), None)

    def forget_domain(self, domain: str) -> None:
        """Forget everything of a domain's parties."""
        self._outgoing.forget_domain(domain)
        self._incoming.forget_domain(domain)
        for name in [name for name, card in self._cards.items() if card.identity.party.domain == domain]:
            del self._cards[name]

    def is_outdated(self, envelope: Envelope) -> bool:
        """Whether we sealed this with a certificate of another root than our present one's."""
        return self._outgoing.outdated(envelope.header.key_id)

    def renew(self, me: Credentials) -> None:
        """Go on with new credentials of the same party. Raises BadCertificate for another's."""
        if me.party != self._me.party:
            raise BadCertificate(f"these are the credentials of {me.party}, not of {self._name}")
        self._me = me
        self._outgoing.renew(me)

    def _known(self, header: Header, now: float) -> IncomingKey | None:
        key = self._incoming.get(header.sender, header.key_id)
        if key is None:
            return None
        if key.expiry_ms < (now - self._trust.skew_s) * 1000:
            self._incoming.drop(key)
            return None
        if key.trusted != self._trust.version or now > key.sender.identity.not_after:
            self._trust.verify(key.sender.certificate, now)
            key.trusted = self._trust.version
        return key

    def _unwrap(self, header: Header, now: float) -> IncomingKey:
        if not header.wrap:
            raise UnknownKey(
                f"{header.sender} used a message key that is not known here: it must wrap it again"
            )
        card = open_card(header.card, self._trust, now)
        if card.name != header.sender:
            raise BadSeal(f"a message from {header.sender} shows the key card of {card.name}")
        self._admit(card.identity)
        try:
            secret, expiry_ms = open_wrap(header.wrap, header.key_id, card, self._me)
        except UnknownKey:
            if not self._learn_sealing():
                raise
            secret, expiry_ms = open_wrap(header.wrap, header.key_id, card, self._me)
        if expiry_ms < (now - self._trust.skew_s) * 1000:
            raise Expired(f"the message key of {header.sender} is too old")
        return IncomingKey(header.key_id, AESGCM(secret), card, expiry_ms, self._trust.version)

    def _learn_sealing(self) -> bool:
        known = {key.key_id for key in self._me.sealing}
        new = tuple(key for key in self.sealing_source() if key.key_id not in known)
        if new:
            self._me = replace(self._me, sealing=(*self._me.sealing, *new))
        return bool(new)

    def _admit(self, sender: Identity) -> None:
        """Newcomers talk to their CA and to nobody else; links and brokers to nobody."""
        mine = self._me.identity
        ours = mine.role is Role.SERVICE and mine.party == PartyId(CA, sender.party.domain)
        if sender.role not in SENDERS and not (sender.role is Role.JOIN and ours):
            raise BadCertificate(f"{sender.party} has the role {sender.role} and may not send messages here")

    def _learn(self, key: IncomingKey) -> None:
        self._incoming.add(key)
        card = key.sender
        before = self._cards.get(card.name)
        if before is None or before.made <= card.made:
            self._cards[card.name] = card
            self._cards.move_to_end(card.name)
            if len(self._cards) > self._cards_limit:
                self._cards.popitem(last=False)


def _window(header: Header, key: IncomingKey) -> ReplayWindow | None:
    if header.cls is not Class.REALTIME:
        return None
    window = key.window(header.priority, bool(header.slot))
    if not window.is_new(header.counter):
        raise Replayed(f"this message of {header.sender} was seen before, or is far behind the others")
    return window


def _confirm_again(header: Header, key: IncomingKey) -> bool:
    if not header.wrap or header.cls is not Class.REALTIME:
        return False
    key.wrapped += 1
    return key.wrapped % CONFIRM_AGAIN == 0


def _decrypt(cipher: AESGCM, envelope: Envelope, subject: str) -> bytes:
    header = envelope.header
    nonce = header.counter.to_bytes(_NONCE_BYTES, "big")
    try:
        return cipher.decrypt(nonce, envelope.sealed, associated_data(subject, envelope.header_bytes))
    except InvalidTag as error:
        raise BadSeal(f"the seal of a message that says it is from {header.sender} does not open") from error
