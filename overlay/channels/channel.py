"""A channel in a program: publish, read, and, for its owner, say who is in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from overlay.channels.governed import Governed
from overlay.channels.item import Item
from overlay.channels.membership import Membership
from overlay.channels.message import ChannelMessage
from overlay.channels.outgoing import Outgoing
from overlay.channels.presence import Presence
from overlay.channels.reading import Reading
from overlay.channels.recorded import Recorded
from overlay.endpoint.caught import Caught
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.errors import OverlayError
from overlay.naming.subjects import Priority
from overlay.wire.body import to_bytes

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
        self.outgoing = Outgoing(endpoint, membership, reading)
        """Its way out."""
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

            await channel.publish("the line is dead", reliable=True)

        All get it who were let in before: where others came or went while we were away, and we do not have
        the new key yet, the owner is asked for it first.

        Raises NotFound (we are not in it any more), NotPermitted (we may only read), TooLarge, Unavailable
        (the owner did not tell us the new key: not published), Unreachable, NotStored (it may or may not have
        arrived).
        """
        await self._groups.refresh(self)
        return await self.outgoing.publish(
            to_bytes(body),
            reliable=reliable,
            priority=priority,
            deadline_s=deadline_s,
            attributes=attributes or {},
        )

    def handle_by(self, handler: Handle) -> None:
        """From now on `handler` gets each message, one at a time, in order of arrival. A reliable one on
        which it raises comes again.

            channel.handle_by(on_message)
        """
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()
        self._serving = asyncio.create_task(self._serve(handler), name=f"read {self.id}")
        self._groups.watch(self._serving)

    def __aiter__(self) -> AsyncIterator[ChannelMessage]:
        return self._messages()

    async def close(self) -> None:
        """Stop reading in this process, when the handler has had what it is at; we stay in it.

        await channel.close()
        """
        self.reading.end()
        if self._serving is not None and self._serving is not asyncio.current_task():
            await asyncio.wait((self._serving,), timeout=self._endpoint.settings.drain_timeout_s)
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self.reading.close()

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
                log_error(f"handler of {self.id}", caught.error)
            try:
                await (self.reading.done(item) if caught.error is None else self.reading.again(item))
            except OverlayError as error:
                log_error(f"ledger of {self.id}", error)
