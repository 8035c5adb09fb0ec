"""Sealing what a participant says in a session, under an ID of its choice, with the newest secret."""

from __future__ import annotations

from collections.abc import Mapping

from overlay.channels.membership import Membership
from overlay.channels.seal import Publisher, seal
from overlay.channels.signing import Signing
from overlay.endpoint.endpoint import Endpoint
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority


class Sealing:
    """Of one channel in one process."""

    def __init__(self, endpoint: Endpoint, channel: PartyId) -> None:
        self._settings = endpoint.settings
        self._clock = endpoint.party.clock
        self._publisher = Publisher(channel, endpoint.me)
        self._signing = Signing(lambda: endpoint.party.credentials, 0.0)

    async def seal(
        self, membership: Membership, event: bytes, body: bytes, attributes: Mapping[str, str]
    ) -> bytes:
        """The envelope; another one with each call. Raises TooLarge."""
        deadline_ms = int((self._clock() + self._settings.reliable_deadline_s) * 1000)
        draft = self._publisher.draft(Class.RELIABLE, Priority.NORMAL, deadline_ms, body, dict(attributes))
        headed, content = self._publisher.head(membership.epoch, draft._replace(id=event)), draft.content
        if membership.roster.signed:
            content = await self._signing.sign(headed.epoch, headed.header, content, always=True)
        return seal(headed, content).envelope
