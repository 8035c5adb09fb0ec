"""A connection to a nats-server that comes back by itself, within a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from overlay.errors import OverlayError, Refused, Unreachable
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.transport.addresses import Addresses
from overlay.transport.contract import OnError
from overlay.transport.lifetime import Lifetime
from overlay.transport.nats_client import Dial, NatsClient
from overlay.transport.nats_parser import Route
from overlay.transport.pauses import Pauses
from overlay.transport.refusals import Refusals

_DENIALS = 100
"""Remembered until whoever subscribed asks."""


@dataclass(slots=True, eq=False)
class Subscription:
    """Made again with every connection."""

    subject: str
    queue: str
    route: Route
    number: int = 0


class NatsConnection:
    """Made by `open`. `client` is the present connection, or None while there is none."""

    def __init__(self, dial: Dial, settings: Settings, on_error: OnError) -> None:
        self.client: NatsClient | None = None
        self.life = Lifetime(str(dial.address))
        self.on_lost: list[Callable[[], None]] = []
        self.on_back: list[Callable[[], None]] = []
        self.on_denied: list[Callable[[str], bool]] = []
        self.max_payload = 0
        """The broker's limit, headers included."""
        self.addresses = Addresses(dial.address)
        self._dial = dial
        self._settings = settings
        self._on_error = on_error
        self._up = asyncio.Event()
        self._subscriptions: list[Subscription] = []
        self._denials: list[str] = []
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, dial: Dial, settings: Settings, on_error: OnError) -> NatsConnection:
        """Raises Unreachable."""
        connection = cls(dial, settings, on_error)
        client = await NatsClient.dial(dial, connection._denied, settings.connect_timeout_s)
        connection._use(client)
        connection._watching = asyncio.create_task(connection._watch(client), name=f"watch {dial.address}")
        connection._watching.add_done_callback(connection._unwatched)
        return connection

    async def ready(self, timeout_s: float) -> NatsClient:
        """The present connection, or the next one. Raises Unreachable."""
        self.life.check()
        if self.client is None:
            try:
                async with asyncio.timeout(timeout_s):
                    while self.client is None and not self.life.over:
                        await self._up.wait()
            except TimeoutError as error:
                raise Unreachable(
                    f"{self._dial.address} did not come back within {timeout_s:g} s; we keep trying"
                ) from error
            self.life.check()
        assert self.client is not None
        return self.client

    async def subscribe(self, subject: str, queue: str, route: Route) -> Subscription:
        """Returns when the broker knows. Raises Refused, Unreachable."""
        timeout_s = self._settings.publish_timeout_s
        subscription = Subscription(subject, queue, route)
        client = await self.ready(timeout_s)
        self._subscriptions.append(subscription)
        subscription.number = client.subscribe_now(subject, queue, route)
        try:
            await client.round_trip(timeout_s)
            self._check_permitted(subject)
        except BaseException:
            self.unsubscribe(subscription)
            raise
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Idempotent."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            if self.client is not None:
                self.client.unsubscribe_now(subscription.number)

    async def leave(self, subscriptions: Sequence[Subscription], timeout_s: float) -> None:
        """Ask for nothing more; returns when what was on its way has come. A connection that is lost
        meanwhile brings nothing more either.
        """
        client = self.client
        for subscription in subscriptions:
            if client is not None and subscription in self._subscriptions:
                client.leave_now(subscription.number)
        try:
            if client is not None:
                await client.round_trip(timeout_s)
        except Unreachable:
            return
        finally:
            for subscription in subscriptions:
                self.unsubscribe(subscription)

    def use_files(self, tls: TlsFiles) -> None:
        """Come back with these."""
        self._dial = replace(self._dial, tls=tls)

    async def close(self, timeout_s: float) -> None:
        """Idempotent."""
        self.life.end()
        self._up.set()
        if self._watching is not None and not self._watching.done():
            self._watching.cancel()
            await asyncio.wait((self._watching,))
        client, self.client = self.client, None
        if client is not None:
            await client.end(timeout_s)

    def _use(self, client: NatsClient) -> None:
        self.client = client
        self.max_payload = int(client.max_payload)
        self._up.set()

    async def _watch(self, client: NatsClient) -> None:
        while not self.life.over:  # a cancellation may be lost in `wait_for` of nats-py
            await asyncio.wait((client.lost,))
            self.client = None
            self._up.clear()
            for tell in self.on_lost:
                tell()
            await client.end(self._settings.drain_timeout_s)
            client = await self._redial(client.lost.result())
            self._use(client)
            for tell in self.on_back:
                tell()

    def _unwatched(self, task: asyncio.Task[None]) -> None:
        """Reconnecting was given up, or failed in a way that nobody thought of."""
        error = None if task.cancelled() else task.exception()
        self.life.end(str(error) if error else "")
        self._up.set()
        if error is not None and not isinstance(error, Unreachable):
            self._on_error("connection", RuntimeError(f"reconnecting failed: {error!r}"))

    async def _redial(self, why: str) -> NatsClient:
        pauses = Pauses(self._settings)
        refusals = Refusals(self._dial.name, self._settings, asyncio.get_running_loop().time)
        while not (pauses.over or self.life.over):
            await pauses.next()
            for address in self.addresses.round():
                self._dial = replace(self._dial, address=address)
                try:
                    client = await self._attempt()
                except OverlayError as error:
                    refusals.note(error)
                    why = str(error)
                else:
                    self.addresses.current = address
                    return client
        raise Unreachable(f"it was lost and did not come back within {pauses.limit_s:g} s: {why}")

    async def _attempt(self) -> NatsClient:
        timeout_s = self._settings.connect_timeout_s
        client = await NatsClient.dial(self._dial, self._denied, timeout_s)
        wanted = list(self._subscriptions)
        for item in wanted:
            item.number = client.subscribe_now(item.subject, item.queue, item.route)
        try:
            await client.round_trip(timeout_s)
        except BaseException:
            client.abort()
            raise
        for item in wanted:
            if item not in self._subscriptions:
                client.unsubscribe_now(item.number)
        return client

    def _denied(self, text: str) -> None:
        if "subscription to" in text:
            self._denials.append(text)
            del self._denials[:-_DENIALS]
        elif not any(told(text) for told in self.on_denied):
            self._on_error("publish", Refused(f"the broker does not permit it: {text}"))

    def _check_permitted(self, subject: str) -> None:
        for text in self._denials:
            if f'"{subject.lower()}"' in text:
                self._denials.remove(text)
                raise Refused(f"the broker does not let {self._dial.name} read {subject}: {text}")
