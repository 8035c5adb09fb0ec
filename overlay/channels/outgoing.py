"""The way out of one process into one channel: numbered, signed, sealed, handed to the broker."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from overlay.channels.charter import History
from overlay.channels.membership import Membership
from overlay.channels.message import FRAME
from overlay.channels.reading import Reading
from overlay.channels.seal import Draft, Published, Publisher, seal
from overlay.channels.signing import Signing
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, NotStored, TooLarge, Unreachable
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority


class Outgoing:
    """Everything raises NotFound (we are not in it any more), NotPermitted (we may only read), TooLarge,
    Unreachable, NotStored.
    """

    def __init__(self, endpoint: Endpoint, membership: Membership, reading: Reading) -> None:
        self._endpoint = endpoint
        self._reading = reading
        self._membership = membership
        self._publisher = Publisher(membership.id, endpoint.me)
        self._frames = Publisher(membership.id, endpoint.me)  # with numbers of their own
        every_s = endpoint.settings.channel_certificate_s
        self._signing = Signing(lambda: endpoint.party.credentials, every_s)
        self._recent: deque[tuple[float, Draft]] = deque(maxlen=endpoint.settings.channel_resent)

    async def publish(
        self,
        body: bytes,
        *,
        reliable: bool | None,
        priority: Priority,
        deadline_s: float | None,
        attributes: Mapping[str, str],
    ) -> bytes:
        """See `Channel.publish`."""
        self._check(body)
        settings, now = self._endpoint.settings, self._endpoint.party.clock()
        if reliable is None:
            reliable = self._membership.roster.history is not History.NONE
        cls = Class.RELIABLE if reliable else Class.REALTIME
        usual_s = settings.reliable_deadline_s if reliable else settings.default_deadline_s
        deadline_ms = int((now + (deadline_s or usual_s)) * 1000)
        draft = self._publisher.draft(cls, priority, deadline_ms, body, dict(attributes))
        if reliable:  # before it is there: somebody may be put out while the broker stores it
            self._recent.append((now, draft))
        await self._hand_over(draft)
        return draft.id

    async def cast(self, body: bytes, *, priority: Priority, left_s: float) -> None:
        """A frame of a stream: at most once, and in no order."""
        self._check(body)
        deadline_ms = int((self._endpoint.party.clock() + left_s) * 1000)
        await self._hand_over(self._frames.draft(Class.REALTIME, priority, deadline_ms, body, {FRAME: ""}))

    async def publish_again(self) -> None:
        """Somebody was put out, and who knew that refuses what was sealed before: seal it anew. Who had it
        knows its ID.
        """
        now, overlap_s = self._endpoint.party.clock(), self._endpoint.settings.channel_overlap_s
        for at, draft in list(self._recent):
            if at >= now - overlap_s and draft.deadline_ms > now * 1000:
                self._endpoint.counters["channel-published-again"] += 1
                await self._hand_over(draft)

    def _check(self, body: bytes) -> None:
        limit = self._endpoint.settings.max_body_bytes
        if len(body) > limit:
            raise TooLarge(f"a body of {len(body)} bytes is over the limit of {limit} (max_body_bytes)")
        if self._reading.closed:
            raise NotFound(f"we are not in {self._membership.id} any more")
        if self._endpoint.party.domain_card.inside is Inside.GATEWAY:
            raise NotPermitted(
                f"in {self._endpoint.me.domain} messages go through the gateway, and agents may not publish "
                "in channels, which the broker itself distributes: ask its operator (overlay inside)"
            )
        member = self._membership.roster.member(self._endpoint.me)
        if member is None or not member.publish:
            raise NotPermitted(f"{self._endpoint.me} may not publish in {self._membership.id}")

    async def _hand_over(self, draft: Draft) -> None:
        membership = self._membership
        headed, content = self._publisher.head(membership.epoch, draft), draft.content
        if membership.roster.signed:
            stored = draft.cls is Class.RELIABLE
            content = await self._signing.sign(headed.epoch, headed.header, content, always=stored)
        published = seal(headed, content)
        transport = self._endpoint.transport
        try:
            await self._hand_to_broker(draft, published, headed.epoch)
        except (Unreachable, NotStored):
            if transport is self._endpoint.transport:
                raise
            await self._hand_to_broker(draft, published, headed.epoch)

    async def _hand_to_broker(self, draft: Draft, published: Published, epoch: bytes) -> None:
        transport = self._endpoint.transport
        if draft.cls is Class.REALTIME:
            await transport.publish(published.subject, published.envelope)
            return
        left_s = max(1.0, draft.deadline_ms / 1000 - self._endpoint.party.clock())
        name = f"{draft.id.hex()}-{epoch.hex()}"  # sealed anew it is another
        await transport.store(published.subject, published.envelope, message_id=name, ttl_s=left_s)
