"""Message keys that this process made, one for each receiver. Pure.

A key is random, belongs to one process and dies with it, so that its counter need not be kept anywhere and
no nonce is ever used twice.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from overlay.errors import Expired
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.keycard import KeyCard, make_card
from overlay.trust.keys import new_id
from overlay.trust.wrap import KEY_BYTES, make_wrap


@dataclass(slots=True)
class OutgoingKey:
    """One message key. `counter` is the next nonce."""

    id: bytes
    cipher: AESGCM
    to: KeyCard
    wrap: bytes
    card: bytes
    rotate_at: float
    expiry_ms: int
    trusted: int
    """The trust store's version at which the receiver's certificate was last good."""
    counter: int = 0
    confirmed: bool = False


class OutgoingKeys:
    """The keys of one process, by receiver; bounded, idle ones are made anew."""

    def __init__(self, me: Credentials, trust: TrustStore, settings: Settings) -> None:
        self._me = me
        self._trust = trust
        self._settings = settings
        self._keys: OrderedDict[str, OutgoingKey] = OrderedDict()
        self._made: OrderedDict[bytes, x509.Name] = OrderedDict()
        self._card = b""
        self._card_until = 0.0

    def key(self, to: KeyCard, now: float) -> OutgoingKey:
        """The key for this receiver, made if need be.

        Of two cards with different sealing keys the one made later is used, whichever is shown.
        Raises BadCertificate and Expired when the receiver, or we, are not to be trusted any more.
        """
        key = self._keys.get(to.name)
        if key is None or not self._is_live(key, now):
            return self._make(to, now)
        same = key.to.key_id == to.key_id
        if same and key.trusted != self._trust.version:
            self._trust.verify(to.certificate, now)
            key.trusted = self._trust.version
        if key.trusted == self._trust.version and (same or key.to.made > to.made):
            return key
        return self._make(to, now)

    def confirm(self, party: PartyId, key_id: bytes) -> None:
        """The receiver knows this key: it need not be wrapped in every message."""
        key = self._keys.get(str(party))
        if key is not None and key.id == key_id:
            key.confirmed = True

    def unconfirm(self, party: PartyId) -> None:
        """The receiver does not know our key (any more)."""
        key = self._keys.get(str(party))
        if key is not None:
            key.confirmed = False

    def forget(self, party: PartyId) -> None:
        """Make a new key for the next message."""
        self._keys.pop(str(party), None)

    def forget_domain(self, domain: str) -> None:
        """The same for all of a domain."""
        for name in [name for name, key in self._keys.items() if key.to.identity.party.domain == domain]:
            del self._keys[name]

    def outdated(self, key_id: bytes) -> bool:
        """Whether we made this key, and wrapped it with a certificate of another root than our present one's;
        False where that is not known any more.
        """
        issuer = self._made.get(key_id)
        return issuer is not None and issuer != self._me.certificate.issuer

    def renew(self, me: Credentials) -> None:
        """Speak with new credentials from now on."""
        self._me = me
        self._keys.clear()
        self._card_until = 0.0

    def _is_live(self, key: OutgoingKey, now: float) -> bool:
        return now < key.rotate_at and key.counter < self._settings.message_key_uses

    def _make(self, to: KeyCard, now: float) -> OutgoingKey:
        if now > to.not_after + self._trust.skew_s:
            raise Expired(f"the key card of {to.name} is too old to seal to: fetch a new one")
        receiver = self._trust.verify(to.certificate, now)
        mine = self._trust.verify(self._me.certificate, now)
        settings = self._settings
        rotate_at = min(
            now + settings.message_key_lifetime_s, to.not_after, receiver.not_after, mine.not_after
        )
        expiry_ms = int((now + settings.message_key_lifetime_s + settings.max_deadline_s) * 1000)
        key_id, secret = new_id(), secrets.token_bytes(KEY_BYTES)
        wrap = make_wrap(secret, key_id, self._me, to, expiry_ms)
        card = self.card(now)
        version = self._trust.version
        key = OutgoingKey(key_id, AESGCM(secret), to, wrap, card, rotate_at, expiry_ms, version)
        self._keep(to.name, key)
        return key

    def _keep(self, name: str, key: OutgoingKey) -> None:
        self._made[key.id] = self._me.certificate.issuer
        if len(self._made) > self._settings.outgoing_keys:
            self._made.popitem(last=False)
        self._keys[name] = key
        self._keys.move_to_end(name)
        if len(self._keys) > self._settings.outgoing_keys:
            self._keys.popitem(last=False)

    def card(self, now: float) -> bytes:
        """Our own, made anew when a quarter of its life is over. Raises BadInput."""
        if now >= self._card_until:
            lifetime_s = self._settings.key_card_lifetime_s
            self._card = make_card(self._me, now, lifetime_s)
            self._card_until = now + lifetime_s / 4
        return self._card
