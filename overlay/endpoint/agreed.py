"""The qualities of sessions and tasks that this process knows, and telling others of a revision (GW-13)."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.endpoint.post import Post
from overlay.naming.ids import PartyId
from overlay.quality.quality import Qualities, Told
from overlay.settings import Settings
from overlay.wire.content import Content, Kind


class Agreed:
    """`table`: what counts now, for each name and party."""

    def __init__(self, me: PartyId, post: Post, settings: Settings, clock: Clock) -> None:
        self.table = Qualities(me, settings.qualities_kept)
        self._post = post
        self._settings = settings
        self._clock = clock

    async def tell(self, to: PartyId, told: Told) -> None:
        """Say at once that a quality was revised; to one of its processes, where that has several. Each
        message under its name says so too. Raises NotFound, Refused, Unavailable.
        """
        deadline_ms = int((self._clock() + self._settings.default_deadline_s) * 1000)
        content = Content(kind=Kind.QUALITY, quality=told)
        await self._post.answer(to, "", told.quality.priority, content, deadline_ms)
