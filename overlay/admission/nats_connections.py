"""Closing the connections that came with a certificate which is denied now, at a nats-server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from overlay.admission.nats_answers import name_in, serial_in
from overlay.brokers.nats_config import APP_ACCOUNT
from overlay.errors import Unavailable
from overlay.naming.ids import is_own
from overlay.settings import Settings
from overlay.wire.malformed import MALFORMED

_PAGE = 512
_LIST = "$SYS.REQ.SERVER.PING.CONNZ"
_CONNECTED = f"$SYS.ACCOUNT.{APP_ACCOUNT}.CONNECT"
_DISCONNECTED = f"$SYS.ACCOUNT.{APP_ACCOUNT}.DISCONNECT"


class _Connection(msgspec.Struct):
    cid: int
    authorized_user: str = ""
    """The name in the token of admission, whatever user name the client gave."""


class _Page(msgspec.Struct):
    server_id: str
    total: int
    connections: list[_Connection] = []


class _Answer(msgspec.Struct):
    data: _Page | None = None


class _Server(msgspec.Struct):
    id: str


class _Client(msgspec.Struct):
    id: int
    user: str = ""


class _Event(msgspec.Struct):
    server: _Server
    client: _Client


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that is open."""

    server: str
    number: int


class NatsConnections:
    """The connections of all parties, by way of a client in the system account. `denied` knows which serial
    numbers must not be there; and no certificate but the domain's own has more of them than
    `Settings.party_max_connections`.
    """

    def __init__(self, settings: Settings, denied: Callable[[int], bool]) -> None:
        self._settings = settings
        self._denied = denied
        self._client = Client()
        self._open: Counter[str] = Counter()
        """By user, of those that were opened under our eyes: a guess, made sure of where it says too many."""
        self.too_many = 0
        """How many were closed because their party had enough of them."""

    async def watch(self, client: Client) -> None:
        """By this client from now on, close connections whose certificate was denied while they were being
        admitted, or has too many.
        """
        self._client = client
        self._open.clear()
        await client.subscribe(_DISCONNECTED, cb=self._disconnected)
        await client.subscribe(_CONNECTED, cb=self._connected)

    async def _connected(self, message: Msg) -> None:
        event = msgspec.json.decode(message.data, type=_Event)
        serial = serial_in(event.client.user)
        if serial is None:
            return
        if self._denied(serial):
            await self._close(event.server.id, event.client.id)
        elif await self._is_one_too_many(event.client.user):
            self.too_many += 1
            await self._close(event.server.id, event.client.id)

    async def _disconnected(self, message: Msg) -> None:
        user = msgspec.json.decode(message.data, type=_Event).client.user
        self._open[user] -= 1
        if self._open[user] <= 0:
            del self._open[user]

    async def _is_one_too_many(self, user: str) -> bool:
        limit = self._settings.party_max_connections
        if is_own(name_in(user)):
            return False
        self._open[user] += 1
        if self._open[user] > limit:
            self._open[user] = (await self._list(user, 0)).total
        return self._open[user] > limit

    async def close_all(self, user: str) -> None:
        """Returns when `user` (`nats_answers.user_name`) has no connection. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._settings.expel_limit_s):
                closed = 1
                while closed:
                    closed = await self._close_listed(user)
        except TimeoutError as error:
            raise Unavailable(f"{user} still has connections at the broker: try again") from error

    async def opened(self, user: str) -> list[Opened]:
        """The connections that `user` has now. Raises Unavailable."""
        found: list[Opened] = []
        offset, total = 0, 1
        while offset < total:
            page = await self._list(user, offset)
            mine = [one for one in page.connections if one.authorized_user == user]
            found += [Opened(page.server_id, one.cid) for one in mine]
            offset, total = offset + _PAGE, page.total
        return found

    async def close_these(self, connections: Sequence[Opened]) -> None:
        """Returns when they are closed; who is gone already is no error. Raises Unavailable."""
        for one in connections:
            await self._close(one.server, one.number)

    async def _close_listed(self, user: str) -> int:
        found = await self.opened(user)
        await self.close_these(found)
        return len(found)

    async def _list(self, user: str, offset: int) -> _Page:
        wanted = {"auth": True, "acc": APP_ACCOUNT, "user": user, "limit": _PAGE, "offset": offset}
        answer = await self._ask(_LIST, wanted)
        try:
            page = msgspec.json.decode(answer, type=_Answer).data
        except MALFORMED as error:
            raise Unavailable(f"the broker's list of connections is unreadable: {error}") from error
        if page is None:
            raise Unavailable(f"the broker does not list its connections: {answer[:200]!r}")
        return page

    async def _close(self, server: str, connection: int) -> None:
        await self._ask(f"$SYS.REQ.SERVER.{server}.KICK", {"cid": connection})

    async def _ask(self, subject: str, request: dict[str, object]) -> bytes:
        limit = self._settings.admin_timeout_s
        try:
            answer = await self._client.request(subject, msgspec.json.encode(request), timeout=limit)
        except NatsError as error:
            raise Unavailable(f"the broker does not answer {subject}: {error!r}") from error
        return bytes(answer.data)
