"""A channel in a program: publish, read, and, for its owner, say who is in it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from overlay.channels.charter import History
from overlay.channels.governed import Governed
from overlay.channels.item import Item
from overlay.channels.membership import Membership
from overlay.channels.message import FRAME, ChannelMessage
from overlay.channels.presence import Presence
from overlay.channels.reading import Reading
from overlay.channels.recorded import Recorded
from overlay.channels.seal import Draft, Published, Publisher, seal
from overlay.channels.signing import Signing
from overlay.endpoint.caught import Caught
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, NotStored, OverlayError, TooLarge, Unreachable
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority

if TYPE_CHECKING:
    from overlay.channels.groups import Groups

Handle = Callable[[ChannelMessage], Awaitable[None]]


class Channel(Governed):
    """One channel that this agent is in. Made by `Agent.create_channel` and `Agent.join_channel`.

    Read it with a `handler`, or with `async for message in channel`: a reliable message is done when the next
    one is asked for, and comes again if the program dies before.
    """

    def __init__(
        self,
        groups: Groups,
        endpoint: Endpoint,
        membership: Membership,
        reading: Reading,
        recorded: Recorded,
        presence: Presence,
    ) -> None:
        super().__init__(groups, endpoint, membership, recorded, presence)
        self.reading = reading
        """The way in of this process."""
        self._publisher = Publisher(membership.id, endpoint.me)
        self._frames = Publisher(membership.id, endpoint.me)  # with numbers of their own
        every_s = endpoint.settings.channel_certificate_s
        self._signing = Signing(lambda: endpoint.party.credentials, every_s)
        self._recent: deque[tuple[float, Draft]] = deque(maxlen=endpoint.settings.channel_resent)
        self._serving: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether we are in it still."""
        return not self.reading.closed

    async def publish(
        self,
        body: bytes | str,
        *,
        reliable: bool | None = None,
        priority: Priority = Priority.NORMAL,
        deadline_s: float | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> bytes:
        """To all members but ourselves; returns the message's ID. Realtime: returns when the broker took it.
        Reliable: returns when our domain's broker has stored it; members that are away get it later. Without
        a word it is reliable where the channel keeps history.

        All get it who were let in before: where others came or went while we were away, and we do not have
        the new key yet, the owner is asked for it first.

        Raises NotFound (we are not in it any more), NotPermitted (we may only read), TooLarge, Unavailable
        (the owner did not tell us the new key: not published), Unreachable, NotStored (it may or may not have
        arrived).
        """
        data = body.encode() if isinstance(body, str) else body
        await self._groups.refresh(self)
        self._check(data)
        settings, clock = self._endpoint.settings, self._endpoint.party.clock
        reliable = self.history is not History.NONE if reliable is None else reliable
        cls = Class.RELIABLE if reliable else Class.REALTIME
        usual_s = settings.reliable_deadline_s if reliable else settings.default_deadline_s
        now = clock()
        deadline_ms = int((now + (deadline_s or usual_s)) * 1000)
        draft = self._publisher.draft(cls, priority, deadline_ms, data, dict(attributes or {}))
        if reliable:  # before it is there: somebody may be put out while the broker stores it
            self._recent.append((now, draft))
        await self._hand_over(draft)
        return draft.id

    async def cast(self, body: bytes, *, priority: Priority, left_s: float) -> None:
        """A frame of a stream: at most once, and in no order. Raises as `publish`."""
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

    def handle_by(self, handler: Handle) -> None:
        """From now on `handler` gets each message, one at a time, in order of arrival. A reliable one on
        which it raises comes again.
        """
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()
        self._serving = asyncio.create_task(self._serve(handler), name=f"read {self.id}")
        self._groups.watch(self._serving)

    def __aiter__(self) -> AsyncIterator[ChannelMessage]:
        return self._messages()

    async def close(self) -> None:
        """Stop reading in this process, when the handler has had what it is at; we stay in it."""
        self.reading.end()
        if self._serving is not None and self._serving is not asyncio.current_task():
            await asyncio.wait((self._serving,), timeout=self._endpoint.settings.drain_timeout_s)
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self.reading.close()

    def _check(self, data: bytes) -> None:
        limit = self._endpoint.settings.max_body_bytes
        if len(data) > limit:
            raise TooLarge(f"a body of {len(data)} bytes is over the limit of {limit} (max_body_bytes)")
        if self.reading.closed:
            raise NotFound(f"we are not in {self.id} any more")
        if self._endpoint.party.domain_card.inside is Inside.GATEWAY:
            raise NotPermitted(
                f"in {self._endpoint.me.domain} messages go through the gateway, and agents may not publish "
                "in channels, which the broker itself distributes: ask its operator (overlay inside)"
            )
        member = self.membership.roster.member(self._endpoint.me)
        if member is None or not member.publish:
            raise NotPermitted(f"{self._endpoint.me} may not publish in {self.id}")

    async def _hand_over(self, draft: Draft) -> None:
        membership = self.membership
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

    async def _messages(self) -> AsyncIterator[ChannelMessage]:
        item: Item | None = None
        while True:
            if item is not None:
                await self.reading.done(item)
            item = await self.reading.next()
            if item is None:
                return
            yield item.message

    async def _serve(self, handler: Handle) -> None:
        while (item := await self.reading.next()) is not None:
            with Caught() as caught:
                await handler(item.message)
            if caught.error is not None:
                self._endpoint.counters["channel-handler-failed"] += 1
                self._groups.report(f"handler of {self.id}", caught.error)
            try:
                await (self.reading.done(item) if caught.error is None else self.reading.again(item))
            except OverlayError as error:
                self._groups.report(f"ledger of {self.id}", error)
