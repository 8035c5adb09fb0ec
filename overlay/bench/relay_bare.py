"""The bare side of a relay measurement: the usual Python clients, subscribe → publish per message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from overlay.bench.relay_bare_nats import bare_nats
from overlay.bench.relay_bare_rabbitmq import bare_rabbitmq
from overlay.bench.relay_jobs import Job, Place
from overlay.bench.relay_pump import Send
from overlay.transport.address import BrokerKind


class Bare(Protocol):
    """One connection to a bare broker."""

    async def send(self, body: bytes) -> None:
        """One message; with `reliable`, returns when it is confirmed."""

    async def take(self, handler: Callable[[bytes], Awaitable[None]]) -> None:
        """Give each message to `handler` from now on; with `reliable`, acknowledged when that has ended."""


def _connected(place: Place, *, reliable: bool) -> AbstractAsyncContextManager[Bare]:
    return (bare_nats if place.kind is BrokerKind.NATS else bare_rabbitmq)(place, reliable=reliable)


@asynccontextmanager
async def bare_send(job: Job) -> AsyncIterator[Send]:
    """To the first place."""
    async with _connected(job.places[0], reliable=job.reliable) as bare:
        yield bare.send


@asynccontextmanager
async def bare_take(job: Job, take: Callable[[bytes], None]) -> AsyncIterator[None]:
    """From the first place."""

    async def handle(body: bytes) -> None:
        take(body)

    async with _connected(job.places[0], reliable=job.reliable) as bare:
        await bare.take(handle)
        yield


@asynccontextmanager
async def bare_relay(job: Job) -> AsyncIterator[None]:
    """From the first place to the second."""
    here, there = job.places
    async with (
        _connected(here, reliable=job.reliable) as source,
        _connected(there, reliable=job.reliable) as sink,
    ):
        await source.take(sink.send)
        yield
