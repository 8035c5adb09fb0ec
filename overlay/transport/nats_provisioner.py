"""The domain's own hand on NATS: the stream, and a durable consumer for each mailbox that keeps messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from overlay.errors import Failed, TimedOut
from overlay.naming.ids import PROVISIONER
from overlay.naming.mailboxes import Mailbox, consumer_name
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import OnError
from overlay.transport.nats_client import Dial
from overlay.transport.nats_connection import NatsConnection
from overlay.transport.nats_consumers import ConsumerPage
from overlay.transport.nats_requests import NO_RESPONDERS, NatsRequests
from overlay.transport.nats_stream import STREAM, consumer_config, stream_config

_NO_STREAM = 10059
_NO_CONSUMER = 10014
_AT_ONCE = 64


class _Problem(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct):
    error: _Problem | None = None


_answer = msgspec.json.Decoder(_Answer)


class NatsProvisioner:
    """See `contract.Provisioner`. Made by `connect`; lives in account STORE."""

    def __init__(self, connection: NatsConnection, requests: NatsRequests, settings: Settings) -> None:
        self._connection = connection
        self._requests = requests
        self._settings = settings
        self._swept: dict[str, int] = {}

    @classmethod
    async def connect(
        cls, address: BrokerAddress, tls: TlsFiles, password: str, settings: Settings, on_error: OnError
    ) -> NatsProvisioner:
        """Raises Unreachable, BadSettings."""
        me, ping_s = PROVISIONER, settings.nats_ping_s
        dial = Dial(address, tls, me, ping_s, user=me, password=password)
        connection = await NatsConnection.open(dial, settings, on_error)
        try:
            requests = await NatsRequests.open(connection, me)
        except BaseException:
            await connection.close(settings.drain_timeout_s)
            raise
        return cls(connection, requests, settings)

    async def prepare(self) -> None:
        """See `contract.Provisioner`. Raises Failed, Unreachable."""
        config = stream_config(self._settings)
        problem = await self._ask(f"STREAM.UPDATE.{STREAM}", config)
        if problem is not None and problem.err_code == _NO_STREAM:
            problem = await self._ask(f"STREAM.CREATE.{STREAM}", config)
        _check(problem, f"the stream {STREAM}")

    async def ensure(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`. Raises Failed, Unreachable."""
        await self._each(self._make, mailboxes)

    async def change(self, _before: Mailbox, after: Mailbox, /) -> None:
        """See `contract.Provisioner`. Raises Failed, Unreachable."""
        await self._each(self._make, (after,))

    async def remove(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`. Raises Failed, Unreachable."""
        await self._each(self._take_away, mailboxes)

    async def sweep(self) -> None:
        """See `contract.Provisioner`. A stream keeps what was acknowledged until its time is over, and would
        be full of it. Raises Failed, Unreachable.
        """
        offset = 0
        while True:
            page = await self._page(offset)
            for one in page.consumers:
                for filter_ in one.config.filters():
                    await self._purge(filter_, one.ack_floor.stream_seq)
            offset += len(page.consumers)
            if not page.consumers or offset >= page.total:
                return

    async def _page(self, offset: int) -> ConsumerPage:
        answer = await self._answer(f"CONSUMER.LIST.{STREAM}", {"offset": offset})
        return msgspec.json.decode(answer, type=ConsumerPage)

    async def _purge(self, filter_: str, acknowledged: int) -> None:
        """What one mailbox alone keeps, as far as it was settled."""
        if self._swept.get(filter_, 0) < acknowledged:
            request = {"filter": filter_, "seq": acknowledged + 1}
            _check(await self._ask(f"STREAM.PURGE.{STREAM}", request), f"what was settled on {filter_}")
            self._swept[filter_] = acknowledged

    async def close(self) -> None:
        """See `contract.Provisioner`."""
        await self._connection.close(self._settings.drain_timeout_s)

    async def _each(self, work: Callable[[Mailbox], Awaitable[None]], mailboxes: Sequence[Mailbox]) -> None:
        kept = [mailbox for mailbox in mailboxes if mailbox.stored]
        for start in range(0, len(kept), _AT_ONCE):
            results = await asyncio.gather(
                *(work(mailbox) for mailbox in kept[start : start + _AT_ONCE]), return_exceptions=True
            )
            for result in results:
                if isinstance(result, BaseException):
                    raise result

    async def _make(self, mailbox: Mailbox) -> None:
        name = consumer_name(mailbox)
        request = {"stream_name": STREAM, "config": consumer_config(mailbox, self._settings)}
        _check(await self._ask(f"CONSUMER.DURABLE.CREATE.{STREAM}.{name}", request), f"consumer {name}")

    async def _take_away(self, mailbox: Mailbox) -> None:
        name = consumer_name(mailbox)
        problem = await self._ask(f"CONSUMER.DELETE.{STREAM}.{name}", None)
        if problem is None or problem.err_code not in (_NO_CONSUMER, _NO_STREAM):
            _check(problem, f"consumer {name}")

    async def _ask(self, operation: str, request: Mapping[str, object] | None) -> _Problem | None:
        return _answer.decode(await self._answer(operation, request)).error

    async def _answer(self, operation: str, request: Mapping[str, object] | None) -> bytes:
        timeout_s = self._settings.store_timeout_s
        client = await self._connection.ready(timeout_s)
        payload = b"" if request is None else msgspec.json.encode(request)
        try:
            answer = await self._requests.ask(client, f"$JS.API.{operation}", payload, b"", timeout_s)
        except TimedOut as error:
            raise Failed(f"the broker did not answer to {operation} within {timeout_s:g} s") from error
        if answer.status == NO_RESPONDERS:
            raise Failed("the broker has no JetStream: enable it in account STORE")
        return answer.payload


def _check(problem: _Problem | None, what: str) -> None:
    if problem is not None:
        raise Failed(f"the broker does not make or remove {what}: {problem.description}")
