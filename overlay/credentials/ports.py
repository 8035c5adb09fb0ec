"""What a verifier of credentials asks of others. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from overlay.credentials.issuers import IssuerList
from overlay.naming.ids import PartyId
from overlay.trust.keycard import KeyCard


class Surroundings(Protocol):
    """The domain that a verifier is in."""

    async def knows(self, domain: str) -> bool:
        """Whether the roots of `domain` are pinned in the verifier's trust store, or could be now.

        Raises Unavailable.
        """

    async def card(self, party: PartyId) -> KeyCard:
        """The verified key card of an agent of a known domain. Raises NotFound, Unavailable, Untrusted."""

    async def issuers(self) -> IssuerList:
        """Our domain's trust list. Raises Unavailable, Untrusted."""

    async def own_status(self) -> str:
        """Our CA's list of revoked credentials, a JWT. Raises Unavailable."""


class Web(Protocol):
    """Documents of strangers."""

    async def get(self, url: str, media_types: Collection[str], limit: int) -> bytes:
        """What is at an https URL. Raises BadCredential (not of these types, longer than `limit` bytes, …),
        Unavailable.
        """
