"""Sealing reliable messages anew that wait for their receipts under a certificate of a root that is gone."""

from __future__ import annotations

from dataclasses import replace

from overlay.endpoint.cards import Cards
from overlay.endpoint.composer import Composer, Outgoing
from overlay.endpoint.state import Letter
from overlay.errors import OverlayError
from overlay.trust.keyring import Keyring
from overlay.wire.envelope import decode_envelope


class Resealing:
    """For one process, and for what it sealed itself: keys are kept in memory only."""

    def __init__(self, keyring: Keyring, cards: Cards, composer: Composer) -> None:
        self._keyring = keyring
        self._cards = cards
        self._composer = composer

    def can(self, letter: Letter) -> bool:
        """Whether it is sealed under another root than our present certificate's, and can be sealed anew."""
        try:
            return self._keyring.is_outdated(decode_envelope(letter.sealed))
        except OverlayError:
            return False

    async def anew(self, letter: Letter) -> Letter:
        """The same message, under the same ID, sealed with our present certificate. Raises OverlayError."""
        envelope = decode_envelope(letter.sealed)
        header = envelope.header
        self._cards.forget(letter.receiver)
        card = await self._cards.card(letter.receiver)
        outgoing = Outgoing(
            letter.id,
            card,
            letter.subject,
            letter.content,
            header.cls,
            header.priority,
            header.deadline_ms,
            header.slot,
        )
        return replace(letter, sealed=self._composer.seal(outgoing, always_wrap=True))
