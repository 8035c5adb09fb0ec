"""The bare side of a fan-out measurement: the usual Python clients, one connection for each member."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from overlay.bench.fanout_bare_nats import nats_members, nats_source
from overlay.bench.fanout_bare_rabbitmq import rabbitmq_members, rabbitmq_source
from overlay.bench.fanout_jobs import FanoutJob, Members, Source
from overlay.bench.relay_jobs import Place
from overlay.errors import Failed
from overlay.transport.address import BrokerKind


@asynccontextmanager
async def bare_source(job: FanoutJob) -> AsyncIterator[Source]:
    """Connected."""
    place = _place(job)
    nats = place.kind is BrokerKind.NATS
    source: AbstractAsyncContextManager[Source] = (nats_source if nats else rabbitmq_source)(job, place)
    async with source as found:
        yield found


@asynccontextmanager
async def bare_members(job: FanoutJob) -> AsyncIterator[Members]:
    """Connected, and reading nothing."""
    place = _place(job)
    nats = place.kind is BrokerKind.NATS
    members: AbstractAsyncContextManager[Members] = (nats_members if nats else rabbitmq_members)(job, place)
    async with members as found:
        yield found


def _place(job: FanoutJob) -> Place:
    if job.place is None:
        raise Failed("a bare client is told where its broker is")
    return job.place
