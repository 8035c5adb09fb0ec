"""A connection to RabbitMQ that comes back by itself, within a limit, and readers with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

from overlay.errors import OverlayError, Unreachable
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.transport.addresses import Addresses
from overlay.transport.contract import OnError
from overlay.transport.lifetime import Lifetime
from overlay.transport.pauses import Pauses
from overlay.transport.rabbitmq_dial import RabbitClient, RabbitDial
from overlay.transport.refusals import Refusals


class Part(Protocol):
    """What is opened again on every new connection."""

    async def resume(self, client: RabbitClient) -> None:
        """Once for each new connection; goes on trying by itself. Never raises."""


class RabbitConnection:
    """Made by `open`. `client` is the present connection, or None while there is none."""

    def __init__(self, dial: RabbitDial, settings: Settings, on_error: OnError) -> None:
        self.client: RabbitClient | None = None
        self.life = Lifetime(str(dial.address))
        self.settings = settings
        self.on_error = on_error
        self.addresses = Addresses(dial.address)
        self._dial = dial
        self._up = asyncio.Event()
        self._parts: list[Part] = []
        self._doomed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, dial: RabbitDial, settings: Settings, on_error: OnError) -> RabbitConnection:
        """Raises BadSettings, Refused, Unreachable."""
        connection = cls(dial, settings, on_error)
        client = await RabbitClient.dial(dial)
        connection.client = client
        connection._up.set()
        connection._watching = asyncio.create_task(connection._watch(client), name=f"watch {dial.address}")
        connection._watching.add_done_callback(connection._unwatched)
        return connection

    async def ready(self, timeout_s: float) -> RabbitClient:
        """The present connection, or the next one once its readers read. Raises Unreachable."""
        self.life.check()
        if not self._up.is_set():
            try:
                async with asyncio.timeout(timeout_s):
                    await self._up.wait()
            except TimeoutError as error:
                raise Unreachable(
                    f"{self._dial.address} did not come back within {timeout_s:g} s; we keep trying"
                ) from error
        self.life.check()
        if self.client is None:
            raise Unreachable(f"the connection to {self._dial.address} was lost again")
        return self.client

    def add(self, part: Part) -> None:
        """Resume it with every new connection."""
        self._parts.append(part)

    def remove(self, part: Part) -> None:
        """Idempotent."""
        if part in self._parts:
            self._parts.remove(part)

    def give_up(self, why: str) -> None:
        """Something that must come back does not: the connection ends."""
        if not self._doomed.done():
            self._doomed.set_result(why)

    def use_files(self, tls: TlsFiles) -> None:
        """Come back with these."""
        self._dial = replace(self._dial, tls=tls)

    async def close(self) -> None:
        """Idempotent."""
        self.life.end()
        self._up.set()
        if self._watching is not None and not self._watching.done():
            self._watching.cancel()
            await asyncio.wait((self._watching,))
        client, self.client = self.client, None
        if client is not None:
            await client.end(self.settings.drain_timeout_s)

    async def _watch(self, client: RabbitClient) -> None:
        while not self.life.over:  # a cancellation may be lost in `wait_for` of aiormq
            why = await self._until_lost(client)
            self._up.clear()
            self.client = None
            await client.end(self.settings.drain_timeout_s)
            if self._doomed.done():
                raise Unreachable(self._doomed.result())
            client = await self._redial(why)
            self.client = client
            await asyncio.gather(*(part.resume(client) for part in self._parts))
            if not client.is_lost:
                self._up.set()

    async def _until_lost(self, client: RabbitClient) -> str:
        lost = asyncio.ensure_future(client.lost())
        try:
            await asyncio.wait((lost, self._doomed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
        return lost.result() if lost.done() and not lost.cancelled() else ""

    async def _redial(self, why: str) -> RabbitClient:
        pauses = Pauses(self.settings)
        refusals = Refusals(self._dial.name, self.settings, asyncio.get_running_loop().time)
        while not (pauses.over or self.life.over):
            await pauses.next()
            for address in self.addresses.round():
                self._dial = replace(self._dial, address=address)
                try:
                    client = await RabbitClient.dial(self._dial)
                except OverlayError as error:
                    refusals.note(error)
                    why = str(error)
                else:
                    self.addresses.current = address
                    return client
        raise Unreachable(f"it was lost and did not come back within {pauses.limit_s:g} s: {why}")

    def _unwatched(self, task: asyncio.Task[None]) -> None:
        """Reconnecting was given up, or failed in a way that nobody thought of."""
        error = None if task.cancelled() else task.exception()
        self.life.end((str(error) or repr(error)) if error else "watching it was cancelled")
        self._up.set()
        if error is not None and not isinstance(error, Unreachable):
            self.on_error("connection", RuntimeError(f"reconnecting failed: {error!r}"))
