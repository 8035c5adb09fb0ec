"""Telling the members of a large channel that somebody came in: all at once, by a publication in the channel.

It is sealed with the secret that they all have, the one before, and brings the next one; its owner or deputy
signs it, so no other member can put a secret of its own in its place. Where somebody is out, or was let in to
read a past, each member is told in a message of its own: who is out has the secret before.
"""

from __future__ import annotations

import asyncio
import secrets

from overlay.channels.epoch import Epoch
from overlay.channels.roster import Roster
from overlay.channels.seal import Publisher, seal
from overlay.channels.signatures import leaf_of, sign_leaves, with_content
from overlay.channels.talk import Turn, decode_talk, encode_talk
from overlay.clock import Clock
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, Refused
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed, open_signed

TURN = "overlay.turn"
"""The attribute of such a publication, which is not for the application."""
_KIND = "channel.turn"
_SLOT = "turn-"


class Announcing:
    """Of one process of an owner or deputy: one after the other, since each is sealed with the last one's."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._turn = asyncio.Lock()

    async def announce(self, former: Epoch, now: Roster, turn: Turn) -> None:
        """Returns when our broker has stored it. Raises Unreachable, NotStored, TooLarge."""
        me, settings, clock = self._endpoint.me, self._endpoint.settings, self._endpoint.party.clock
        credentials = self._endpoint.party.credentials
        publisher = Publisher(now.id, me, f"{_SLOT}{now.version:x}-{secrets.token_hex(10)}")
        deadline_ms = int((clock() + settings.reliable_deadline_s) * 1000)
        body = make_signed(_KIND, encode_talk(turn), credentials)
        draft = publisher.draft(Class.RELIABLE, Priority.HIGH, deadline_ms, body, {TURN: ""})
        headed, content = publisher.head(former, draft), draft.content
        if now.signed:
            (proof,) = sign_leaves([leaf_of(headed.header, content)], credentials)
            content = with_content(proof, content, credentials.der)
        done = seal(headed, content)
        async with self._turn:
            await self._endpoint.transport.store(
                done.subject, done.envelope, message_id=done.id.hex(), ttl_s=settings.reliable_deadline_s
            )


def announced(body: bytes, trust: TrustStore, clock: Clock) -> tuple[PartyId, Turn]:
    """Who said it, and what: whether it may is still to be checked. Raises as `open_signed`; BadInput,
    Refused.
    """
    identity, payload = open_signed(_KIND, body, trust, clock())
    turn = decode_talk(payload)
    if not isinstance(turn, Turn):
        raise BadInput(f"{identity.party} announced something else than the key of a channel")
    if identity.role is not Role.AGENT:
        raise Refused(f"{identity.party} is no agent, and changes no channel")
    return identity.party, turn


def announces(slot: str) -> int:
    """Which version a publication of this process announces; 0: none. Nothing about it is proved."""
    if not slot.startswith(_SLOT):
        return 0
    word = slot.removeprefix(_SLOT).partition("-")[0]
    try:
        return int(word, 16)
    except ValueError:
        return 0
