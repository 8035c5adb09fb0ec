"""Not hammering who is overloaded: what is sent there waits a little, or is refused here at once (GW-15)."""

from __future__ import annotations

import asyncio
import time

import msgspec

from overlay.endpoint.composer import Draft
from overlay.endpoint.failures import may_answer_for
from overlay.endpoint.post import Post
from overlay.endpoint.verifier import Verified
from overlay.errors import OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.quality.pacing import Pacing
from overlay.settings import Settings


class HoldingBack:
    """Of one process, for each of its receivers."""

    def __init__(self, me: PartyId, post: Post, settings: Settings) -> None:
        self.pacing: Pacing[PartyId] = Pacing(settings, time.monotonic)
        self._me = me
        self._post = post
        self._patience_s = settings.pace_wait_s

    async def turn(self, draft: Draft) -> Draft:
        """The same draft when it may go, with the time that is left then. Raises Overloaded where that would
        take longer than `pace_wait_s`, or than it is worth waiting.
        """
        wait_s = self.pacing.turn(draft.to, min(self._patience_s, draft.left_s / 2))
        if not wait_s:
            return draft
        await asyncio.sleep(wait_s)
        return msgspec.structs.replace(draft, left_s=draft.left_s - wait_s)

    def told(self, verified: Verified, message_id: bytes, error: OverlayError) -> None:
        """What the receiver or a gateway on the way says of a message of ours, before that is forgotten."""
        if not isinstance(error, Overloaded):
            return
        to = self._post.sent_to(message_id)
        if to is not None and may_answer_for(verified.sender, to, self._me):
            self.pacing.refused(to, error.retry_after_s)
