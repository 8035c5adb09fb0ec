"""One connection to a nats-server, from first byte to last. Only this and `nats_wire` know nats-py's inside.

nats-py dials, proves who we are, and parses. Its own reconnecting, buffering and subscriptions stay unused:
they hang on a lost connection, swallow cancellation and cap queues in silence. A connection that is lost is
never used again; `nats_connection` makes a new one.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nats.errors
from nats.aio.client import Client

from overlay.errors import BadEnvelope, BadName, Unreachable
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.nats_parser import NatsParser, Route
from overlay.transport.nats_wire import Arriving, NatsWire

ROOM_BYTES = 1024 * 1024
"""With more than this waiting for the socket, publishers wait."""

_SUBJECT = re.compile(r"[A-Za-z0-9$_=-]+(?:\.[A-Za-z0-9$_=-]+)*\Z")
_PING = b"PING\r\n"
_UNAUTHORIZED = "authorization violation"
_DENIED = "permissions violation"
_MISSED_PINGS = 2


@lru_cache(maxsize=16384)
def on_wire(subject: str) -> bytes:
    """A subject to publish on, as bytes. Raises BadName for what could mean something else on the wire."""
    if not _SUBJECT.match(subject):
        raise BadName(f"{subject!r} is not a subject to publish on")
    return subject.encode()


@dataclass(frozen=True, slots=True)
class Dial:
    """How to get to a nats-server, and as whom."""

    address: BrokerAddress
    tls: TlsFiles
    """Read anew each time: certificate and roots may have been renewed."""
    name: str
    ping_s: float
    user: str | None = None
    password: str | None = None


class NatsClient(Client):
    """Made by `dial`. `lost` is done when the connection is, with the reason."""

    def __init__(self, on_denied: Callable[[str], None]) -> None:
        super().__init__()
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._wire = NatsWire()
        self._transport = self._wire
        self._kicks: asyncio.Queue[asyncio.Future[Any]] = asyncio.Queue()
        self._on_denied = on_denied
        self._routes: dict[int, Route] = {}
        self._ps = Arriving(self._arrived)
        self._parser = NatsParser(self._routes)
        self._round_trips: deque[asyncio.Future[bool] | None] = deque()
        self._room: asyncio.Future[None] | None = None
        self._kick: asyncio.Future[None] = loop.create_future()
        self._kick.set_result(None)
        self._last_error = ""

    @classmethod
    async def dial(cls, dial: Dial, on_denied: Callable[[str], None], timeout_s: float) -> NatsClient:
        """Returns when the broker has answered over this connection. Raises BadSettings, Unreachable."""
        client = cls(on_denied)
        try:
            async with asyncio.timeout(timeout_s):
                await client._open(dial, timeout_s)
                await client.round_trip(timeout_s)
        except (OSError, nats.errors.Error, TimeoutError, Unreachable) as error:
            client.abort()
            why = client._last_error or str(error) or f"no answer within {timeout_s:g} s"
            if _UNAUTHORIZED in why.lower():
                why += (
                    f" (its certificate is refused: `overlay ca status {dial.name}` tells the operator why; "
                    "or no doorkeeper of the domain is running)"
                )
            raise Unreachable(f"{dial.address} did not let {dial.name} in: {why}") from error
        except BaseException:
            client.abort()
            raise
        return client

    def send(self, command: bytes) -> None:
        """Queue bytes of the protocol for the socket; a lost connection drops them."""
        self._pending.append(command)
        self._pending_data_size += len(command)
        if self._kicks.empty():
            self._kicks.put_nowait(self._kick)

    def publish_now(self, subject: bytes, payload: bytes, reply: bytes = b"") -> None:
        """Queue a message for the socket. Subjects come from `on_wire`, or from the broker itself."""
        self.send(b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(payload), payload))

    def publish_with(self, subject: bytes, headers: bytes, payload: bytes, reply: bytes) -> None:
        """Queue a message with encoded headers."""
        size = len(headers)
        head = b"HPUB %b %b %d %d\r\n" % (subject, reply, size, size + len(payload))
        self.send(b"%b%b%b\r\n" % (head, headers, payload))

    def has_room(self) -> bool:
        """Whether publishers need not wait."""
        return bool(self._pending_data_size <= ROOM_BYTES)

    async def room(self, timeout_s: float) -> None:
        """Wait until there is room. Raises Unreachable."""
        until = asyncio.get_running_loop().time() + timeout_s
        while not self.has_room() and not self.lost.done():
            if self._room is None or self._room.done():
                self._room = asyncio.get_running_loop().create_future()
                self._kicks.put_nowait(self._room)
            left = until - asyncio.get_running_loop().time()
            await asyncio.wait((self._room,), timeout=max(left, 0.0))
            if left <= 0:
                raise Unreachable(f"the broker took nothing for {timeout_s:g} s")

    def subscribe_now(self, subject: str, queue: str, route: Route) -> int:
        """From the next round trip on, messages go to `route`. Returns the subscription's number."""
        self._sid += 1
        number = int(self._sid)
        self._routes[number] = route
        self.send(f"SUB {subject} {queue} {number}\r\n".encode())
        return number

    def leave_now(self, number: int) -> None:
        """Ask for nothing more; what is on its way goes to the route until `unsubscribe_now`."""
        self.send(f"UNSUB {number}\r\n".encode())

    def unsubscribe_now(self, number: int) -> None:
        """No message goes to the route of this subscription any more."""
        if self._routes.pop(number, None) is not None:
            self.send(f"UNSUB {number}\r\n".encode())

    async def round_trip(self, timeout_s: float) -> None:
        """Returns when the broker has everything sent before. Raises Unreachable."""
        if self.lost.done():
            raise Unreachable(f"the connection was lost: {self.lost.result()}")
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        await self._send_ping(answered)
        done, _ = await asyncio.wait((answered,), timeout=timeout_s)
        if not done or not answered.result():
            why = self.lost.result() if self.lost.done() else f"no answer within {timeout_s:g} s"
            raise Unreachable(f"the broker did not confirm: {why}")

    async def end(self, timeout_s: float) -> None:
        """Write what is queued, close, leave no task behind. Idempotent."""
        tasks = [task for task in self._tasks() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        writer = self._wire.writer
        if writer is not None:
            if not self.lost.done() and self._pending:
                self._wire.writelines(self._pending)
            self._pending = []
            writer.close()
            closing = asyncio.ensure_future(writer.wait_closed())
            await asyncio.wait((closing,), timeout=timeout_s)
            if not closing.done():
                writer.transport.abort()
                closing.cancel()
                await asyncio.wait((closing,))
            if not closing.cancelled():
                closing.exception()  # how a dead socket closes is of no interest
        self._drop("closed")

    def abort(self) -> None:
        """Close without waiting."""
        for task in self._tasks():
            task.cancel()
        if self._wire.writer is not None:
            self._wire.writer.transport.abort()
        self._drop("closed")

    async def _open(self, dial: Dial, timeout_s: float) -> None:
        host = f"[{dial.address.host}]" if ":" in dial.address.host else dial.address.host
        await self.connect(
            servers=[f"tls://{host}:{dial.address.port}"],
            tls=client_tls(dial.tls),
            tls_hostname=dial.address.host,
            name=dial.name,
            user=dial.user,
            password=dial.password,
            error_cb=self._remember,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=math.ceil(timeout_s),
            ping_interval=math.ceil(dial.ping_s),
            max_outstanding_pings=_MISSED_PINGS,
            pending_size=0,
        )
        if not self.is_connected or self._flush_queue is None:
            raise Unreachable(self._last_error or "the broker closed the connection")
        self._kicks = self._flush_queue
        for task in self._tasks():
            task.add_done_callback(self._task_ended)

    def _tasks(self) -> list[asyncio.Task[Any]]:
        tasks = (self._reading_task, self._flusher_task, self._ping_interval_task)
        return [task for task in tasks if task is not None]

    def _task_ended(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        self._drop(str(error) if error else self._last_error or "the broker closed the connection")

    def _drop(self, why: str) -> None:
        if self.lost.done():
            return
        self._status = Client.CLOSED
        self.lost.set_result(why)
        for waiting in self._round_trips:
            if waiting is not None and not waiting.done():
                waiting.set_result(False)
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    async def _remember(self, error: Exception) -> None:
        self._last_error = str(error) or type(error).__name__

    # -- what nats-py calls ---------------------------------------------------------------------------------

    def _connect_command(self) -> bytes:
        """Nothing of ours goes over a connection that somebody kept in the clear."""
        writer = self._wire.writer
        if writer is None or writer.get_extra_info("ssl_object") is None:
            raise Unreachable("the broker, or somebody in between, offers no TLS")
        return bytes(super()._connect_command())

    async def _arrived(self, data: bytes) -> None:
        try:
            lines = self._parser.feed(data)
        except BadEnvelope as error:
            raise nats.errors.ProtocolError(str(error)) from error
        for line in lines:
            await self._line(line)

    async def _line(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        match word.upper():
            case b"PING":
                await self._process_ping()
            case b"PONG":
                await self._process_pong()
            case b"-ERR":
                await self._process_err(rest.decode(errors="replace").strip().lower())
            case b"INFO":
                await self._process_info(json.loads(rest))
            case b"+OK":
                pass
            case _:
                raise nats.errors.ProtocolError(f"the broker sent {line[:40]!r}")

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        self._round_trips.append(future)
        self.send(_PING)

    async def _process_pong(self) -> None:
        self._pings_outstanding = 0
        answered = self._round_trips.popleft() if self._round_trips else None
        if answered is not None and not answered.done():
            answered.set_result(True)

    async def _process_err(self, err_msg: str) -> None:
        if _DENIED in err_msg:
            self._on_denied(err_msg.strip("'"))
        else:
            self._drop(f"the broker says {err_msg}")
            self._last_error = err_msg

    async def _process_op_err(self, e: Exception) -> None:
        self._drop(str(e) or type(e).__name__)
