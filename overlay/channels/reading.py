"""The way in of one channel: open, put in order, queue for the application, settle what it handled."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence

from overlay.channels.announcing import TURN, announces
from overlay.channels.item import Item, Name, Sealed
from overlay.channels.membership import Membership
from overlay.channels.message import ChannelMessage, channel_message
from overlay.channels.order import Order
from overlay.channels.seal import Opened, Opener
from overlay.channels.signatures import UnknownCertificate
from overlay.clock import Clock
from overlay.endpoint.state import Handled, State
from overlay.errors import OverlayError, Unavailable
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored
from overlay.trust.bundle import TrustStore, UnknownDomain
from overlay.wire.envelope import Envelope, Header, decode_envelope

Learn = Callable[[UnknownDomain], Awaitable[None]]
_HANDLED = Handled(b"", failed=False, sendings=0)


class Reading:
    """Of one channel in one process. What is dropped is counted, with the reason."""

    def __init__(
        self,
        membership: Membership,
        me: PartyId,
        ledger: State,
        lack_key: Callable[[], None],
        turned: Callable[[bytes], Awaitable[None]],
        trust: TrustStore,
        learn: Learn,
        counters: Counter[str],
        settings: Settings,
        clock: Clock,
    ) -> None:
        """`lack_key` is told of a secret that is not known, `turned` what is announced; `learn` asks for the
        roots of a domain.
        """
        self._membership = membership
        self._me = str(me)
        self._ledger = ledger
        self._lack_key = lack_key
        self._turned = turned
        self._learn = learn
        self._counters = counters
        self._settings = settings
        self._clock = clock
        self._opener = Opener(membership.id, me, trust, clock, settings)
        senders, limit = settings.channel_senders, settings.channel_out_of_order
        wait_s, begin_s = settings.channel_reliable_gap_s, settings.channel_begin_s
        self._orders: dict[Class, Order[Item]] = {
            Class.REALTIME: Order(settings.channel_gap_s, limit, senders),
            Class.RELIABLE: Order(wait_s, limit, senders, begin_s=begin_s),
        }
        self._held: dict[Name, Item] = {}
        self._sealed: deque[Sealed] = deque()
        self._uncertified: deque[Sealed] = deque()
        self._most_waiting = settings.channel_key_waiting
        self._queue: deque[Item] = deque()
        self._some = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.closed = False
        self.frames: Callable[[ChannelMessage], bool] = lambda _: False  # takes those of streams, unordered

    async def arrived(self, delivery: Delivery, stored: Stored | None) -> None:
        """From the broker."""
        try:
            envelope = decode_envelope(delivery.payload)
            try:
                await self._open(delivery, stored, envelope)
            except UnknownDomain as unknown:
                await self._learn(unknown)
                await self._open(delivery, stored, envelope)
        except UnknownCertificate as error:
            await self._wait_for_certificate(Sealed(delivery, stored, self._clock()), error)
        except Unavailable as error:
            if stored is None:
                await self._drop(error.reason, None)
            else:
                await stored.again(self._settings.redelivery_wait_s)
        except OverlayError as error:
            await self._drop(error.reason, stored)

    async def key_came(self) -> None:
        """Try again what waits for its secret."""
        sealed, self._sealed = self._sealed, deque()
        for one in sealed:
            await self.arrived(one.delivery, one.stored)

    async def give_up(self) -> None:
        """Let go of what waited for its secret for too long."""
        limit = self._clock() - self._settings.channel_key_wait_s
        while self._sealed and self._sealed[0].since < limit:
            await self._unsealable(self._sealed.popleft().stored)

    async def next(self) -> Item | None:
        """The next message, in the order of its sender; None once the channel is closed."""
        while not self._queue:
            if self.closed:
                return None
            self._some.clear()
            await self._some.wait()
        return self._queue.popleft()

    async def done(self, item: Item) -> None:
        """It was handled, and must not be again. Raises Unavailable (the disk): then it comes again."""
        if item.stored is None:
            return
        until = item.message.deadline + 2 * self._settings.clock_skew_s
        try:
            await self._ledger.record(*item.name, until, _HANDLED, 0, 0)
        except Unavailable:
            await self.again(item)
            raise
        await item.stored.ack()
        self._release(item)

    async def again(self, item: Item) -> None:
        """It was not handled: it comes again, if it is stored, unless it did too often."""
        if item.stored is None:
            return
        if item.stored.attempt >= self._settings.handler_attempts:
            self._counters["channel-given-up"] += 1
            await self.done(item)
            return
        wait_s = self._settings.handler_backoff_s * 2 ** min(item.stored.attempt - 1, 20)
        self._release(item)
        await item.stored.again(wait_s)

    def end(self) -> None:
        """Give out nothing more."""
        self.closed = True
        self._queue.clear()
        self._some.set()

    async def abandon(self) -> None:
        """We are out of it: nothing of it is ours to handle any more."""
        self.end()
        held = [item.stored for item in self._held.values()]
        waiting = [sealed.stored for sealed in (*self._sealed, *self._uncertified)]
        self._sealed.clear()
        self._uncertified.clear()
        for stored in (*held, *waiting):
            if stored is not None:
                await stored.ack()

    def close(self) -> None:
        """What is not settled is left to others, or to a later time."""
        self.end()
        if self._timer is not None:
            self._timer.cancel()
        for item in list(self._held.values()):
            self._release(item)

    async def _open(self, delivery: Delivery, stored: Stored | None, envelope: Envelope) -> None:
        header = envelope.header
        if header.sender == self._me:
            if stored is not None:
                await stored.ack()
            return
        keys = self._membership.find(header.key_id, self._clock())
        if keys is None:
            await self._without_key(Sealed(delivery, stored, self._clock()), header)
            return
        signatures = self._opener.signatures
        learned = signatures.learned
        opened = self._opener.open(envelope, delivery.subject, *keys)
        if signatures.learned > learned and self._uncertified:  # what came before this one goes first
            waiting, self._uncertified = self._uncertified, deque()
            for one in waiting:
                await self.arrived(one.delivery, one.stored)
        await self._take(opened, stored)

    async def _wait_for_certificate(self, sealed: Sealed, error: UnknownCertificate) -> None:
        """Realtime messages of who publishes a lot: one of the next brings it."""
        self._uncertified.append(sealed)
        if len(self._uncertified) > self._most_waiting:
            await self._drop(error.reason, self._uncertified.popleft().stored)

    async def _without_key(self, sealed: Sealed, header: Header) -> None:
        stored = sealed.stored
        if self._membership.is_retired(header.key_id):
            await self._drop("old-epoch", stored)
        elif 0 < announces(header.sender_slot) <= self._membership.roster.version:
            await self._drop("known-epoch", stored)  # who comes in cannot read that it did, and need not
        elif stored is None and sum(one.stored is None for one in self._sealed) >= self._most_waiting:
            await self._drop("unknown-epoch", None)
        else:
            self._sealed.append(sealed)
            self._lack_key()

    async def _unsealable(self, stored: Stored | None) -> None:
        if stored is not None and stored.attempt < self._settings.channel_key_attempts:
            self._counters["channel-key-awaited"] += 1
            await stored.again(self._settings.channel_key_wait_s)
        else:
            await self._drop("unknown-epoch", stored)

    async def _take(self, opened: Opened, stored: Stored | None) -> None:
        if TURN in opened.content.attributes:
            await self._turned(opened.content.body)
            if stored is not None:
                await stored.ack()
            return
        item = Item(channel_message(self._membership.id, opened), stored)
        if stored is None and self.frames(item.message):
            return
        if stored is not None and not await self._is_new(item, stored):
            return
        header, number = opened.header, opened.content.sequence
        order, sender = self._orders[header.cls], (header.sender, header.sender_slot)
        if order.passes(sender, number):
            self._put((item,))
            return
        ready, late = order.take(sender, number, item, asyncio.get_running_loop().time())
        if late:
            self._counters["channel-out-of-order" if stored else "channel-late"] += 1
            ready = [item] if stored else []
        self._put(ready)
        self._wait_for_gaps()

    async def _is_new(self, item: Item, stored: Stored) -> bool:
        held = self._held.get(item.name)
        if held is not None:  # it comes again, over another connection for one
            held.stored = stored
            self._counters["channel-duplicate"] += 1
            return False
        if not self._ledger.claims.take(*item.name):
            self._counters["channel-duplicate"] += 1
            await stored.again(self._settings.redelivery_wait_s)
            return False
        if len(self._held) >= self._settings.stored_in_flight // 4:  # the inbox is there for others, too
            self._ledger.claims.release(*item.name)
            self._counters["channel-waits"] += 1
            await stored.again(self._settings.handler_backoff_s)
            return False
        if self._ledger.handled(*item.name) is not None:
            self._ledger.claims.release(*item.name)
            self._counters["channel-duplicate"] += 1
            await stored.ack()
            return False
        self._held[item.name] = item
        return True

    def _put(self, items: Sequence[Item]) -> None:
        for item in items:
            if self.closed:
                continue
            if item.stored is None and len(self._queue) >= self._settings.channel_queue:
                self._counters["channel-full"] += 1
            else:
                self._queue.append(item)
        self._some.set()

    def _wait_for_gaps(self) -> None:
        dues = [due for order in self._orders.values() if (due := order.next_due) is not None]
        if not dues or self.closed:
            return
        if self._timer is not None:
            if self._timer.when() <= min(dues):
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(min(dues), self._due)

    def _due(self) -> None:
        self._timer = None
        for order in self._orders.values():
            self._put(order.due(asyncio.get_running_loop().time()))
        self._wait_for_gaps()

    def _release(self, item: Item) -> None:
        if self._held.pop(item.name, None) is not None:
            self._ledger.claims.release(*item.name)

    async def _drop(self, reason: str, stored: Stored | None) -> None:
        self._counters[f"channel-{reason}"] += 1
        if stored is not None:
            await stored.ack()
