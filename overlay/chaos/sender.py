"""A sender: reliable messages in several streams, and questions, each written down before and after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.chaos.duty import ASK, TELL, Duty, Letter, stream_of, to_bytes
from overlay.chaos.gathering import gather
from overlay.chaos.orders import Orders
from overlay.chaos.records import (
    Accepted,
    Asked,
    Finished,
    PutOut,
    Ready,
    Receipted,
    Record,
    Refused,
    Told,
    Tried,
)
from overlay.endpoint.message import Sent
from overlay.errors import NotFound, OverlayError, Unavailable, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings

_PRIORITIES = (Priority.NORMAL, Priority.HIGH)
_ASKS_SHARE = 0.1
_FILLING = "." * 200
_KNOCK_AGAIN_S = 0.25

Note = Callable[[Record], None]


class Sender:
    """One process of a sender."""

    def __init__(self, agent: Agent, duty: Duty, orders: Orders, note: Note, settings: Settings) -> None:
        self._agent = agent
        self._duty = duty
        self._orders = orders
        self._note = note
        self._settings = settings
        self._to = [PartyId.parse(other) for other in duty.others]
        self._waiting: set[asyncio.Task[None]] = set()
        self._leaving = False

    async def work(self) -> None:
        """Until told to leave."""
        if not self._duty.running:
            await asyncio.gather(*(self._knock(to) for to in self._to))
        channel = await gather(self._agent, self._duty, self._settings)
        self._note(Ready(self._duty.process, time.monotonic()))
        await self._orders.go.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish(channel))
            group.create_task(self._put_out(channel))
            for to in self._to:
                group.create_task(self._ask(to))
                for priority in _PRIORITIES:
                    group.create_task(self._tell(to, priority))
        self._note(Finished(self._duty.process, time.monotonic()))
        await self._orders.left.wait()
        self._leaving = True
        for task in self._waiting:
            task.cancel()

    async def _knock(self, to: PartyId) -> None:
        """Registries and gateways learn of new agents soon, not at once."""
        while not self._orders.left.is_set():
            try:
                await self._agent.ask(to, b"there?", skill=ASK, timeout_s=self._settings.chaos_ask_s)
            except OverlayError:
                await asyncio.sleep(_KNOCK_AGAIN_S)
            else:
                return

    async def _tell(self, to: PartyId, priority: Priority) -> None:
        """One stream, one message after the other."""
        stream = stream_of(self._duty.process, to, priority)
        share = self._share
        for number in count(1):
            if await self._paced(share):
                return
            begun = time.monotonic()
            self._note(Tried(stream, number, str(self._agent.id), (str(to),), begun))
            body = to_bytes(Letter(stream, number, str(to), _FILLING))
            try:
                sent = await self._agent.send(
                    to,
                    body,
                    skill=TELL,
                    priority=priority,
                    reliable=True,
                    deadline_s=self._settings.chaos_deadline_s,
                )
            except OverlayError as error:
                self._note(Refused(stream, number, error.reason, time.monotonic()))
                continue
            self._note(Accepted(stream, number, time.monotonic()))
            task = asyncio.create_task(self._await_receipt(stream, number, sent))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    @property
    def _share(self) -> float:
        """Of the rate, of each stream."""
        return 1 / (len(self._to) * len(_PRIORITIES) + 1)

    async def _publish(self, channel: Channel) -> None:
        """The stream of the channel."""
        stream = stream_of(self._duty.process, channel.id, Priority.NORMAL)
        me, guest = str(self._agent.id), self._duty.guest
        to = tuple(str(one) for one in self._to)
        for number in count(1):
            if await self._paced(self._share):
                return
            may = tuple(one.party for one in channel.members if one.party == guest)
            self._note(Tried(stream, number, me, to, time.monotonic(), str(channel.id), may))
            body = to_bytes(Letter(stream, number, str(channel.id), _FILLING))
            try:
                await channel.publish(body, reliable=True, deadline_s=self._settings.chaos_deadline_s)
            except OverlayError as error:
                self._note(Refused(stream, number, error.reason, time.monotonic()))
            else:
                self._note(Accepted(stream, number, time.monotonic()))

    async def _put_out(self, channel: Channel) -> None:
        """As the owner, when told to: the guest. Until it is out, or all is over."""
        if str(self._agent.id) != self._duty.owner:
            return
        await self._orders.put_out.wait()
        while not self._orders.left.is_set():
            try:
                await channel.remove(self._duty.guest)
            except NotFound:
                return
            except OverlayError:
                await asyncio.sleep(_KNOCK_AGAIN_S)
            else:
                self._note(PutOut(self._duty.guest, time.monotonic()))
                return

    async def _await_receipt(self, stream: str, number: int, sent: Sent) -> None:
        try:
            await sent.receipt()
        except Unreachable as error:
            if not self._leaving and not self._orders.left.is_set():
                self._note(Told(stream, number, error.reason, time.monotonic()))
        except OverlayError as error:
            self._note(Told(stream, number, error.reason, time.monotonic()))
        else:
            self._note(Receipted(stream, number, time.monotonic()))

    async def _ask(self, to: PartyId) -> None:
        me = str(self._agent.id)
        for number in count(1):
            if await self._paced(_ASKS_SHARE / len(self._to)):
                return
            body = to_bytes(Letter(stream_of(self._duty.process, to, "ask"), number, str(to)))
            begun, reason = time.monotonic(), ""
            try:
                answer = await self._agent.ask(to, body, skill=ASK, timeout_s=self._settings.chaos_ask_s)
                if answer.body != body:
                    reason = "wrong-answer"
            except Unavailable as error:
                reason = error.reason
            except OverlayError as error:
                reason = f"refused: {error.reason}"
            self._note(Asked(me, str(to), begun, time.monotonic(), reason))

    async def _paced(self, share: float) -> bool:
        """Wait for the next turn of one that sends this share of the rate; whether to stop instead."""
        pause_s = 1 / (self._duty.rate * share * self._orders.faster)
        try:
            async with asyncio.timeout(pause_s):
                await self._orders.stop.wait()
        except TimeoutError:
            return False
        return True
