"""Closing the connections of one party at a nats-server."""

from __future__ import annotations

import asyncio

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from overlay.brokers.nats_config import APP_ACCOUNT
from overlay.errors import Unavailable
from overlay.settings import Settings

_PAGE = 1024
_LIST = "$SYS.REQ.SERVER.PING.CONNZ"
_QUIET_ROUNDS = 2
"""A connection that was admitted just before is not listed yet: none found once is not enough."""


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


class NatsConnections:
    """The connections of all parties, by way of a client in the system account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    async def close_all(self, name: str) -> None:
        """Returns when party `name` has no connection. Raises Unavailable."""
        quiet = 0
        try:
            async with asyncio.timeout(self._settings.expel_limit_s):
                while quiet < _QUIET_ROUNDS:
                    quiet = 0 if await self._close_listed(name) else quiet + 1
                    await asyncio.sleep(self._settings.expel_pause_s)
        except TimeoutError as error:
            raise Unavailable(f"{name} still has connections, which come back as they are closed") from error

    async def _close_listed(self, name: str) -> int:
        closed, offset, total = 0, 0, 1
        while offset < total:
            page = await self._list(name, offset)
            for connection in page.connections:
                if connection.authorized_user == name:
                    await self._ask(f"$SYS.REQ.SERVER.{page.server_id}.KICK", {"cid": connection.cid})
                    closed += 1
            offset, total = offset + _PAGE, page.total
        return closed

    async def _list(self, name: str, offset: int) -> _Page:
        wanted = {"auth": True, "acc": APP_ACCOUNT, "user": name, "limit": _PAGE, "offset": offset}
        answer = await self._ask(_LIST, wanted)
        try:
            page = msgspec.json.decode(answer, type=_Answer).data
        except msgspec.MsgspecError as error:
            raise Unavailable(f"the broker's list of connections is unreadable: {error}") from error
        if page is None:
            raise Unavailable(f"the broker does not list its connections: {answer[:200]!r}")
        return page

    async def _ask(self, subject: str, request: dict[str, object]) -> bytes:
        limit = self._settings.admin_timeout_s
        try:
            answer = await self._client.request(subject, msgspec.json.encode(request), timeout=limit)
        except NatsError as error:
            raise Unavailable(f"the broker does not answer {subject}: {error!r}") from error
        return bytes(answer.data)
