"""RabbitMQ's management interface: users, their permissions, their connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import quote

import httpx
import msgspec

from overlay.admission.rabbitmq_permissions import RabbitPermissions
from overlay.brokers.rabbitmq_config import ADMIN, ManagementAccess
from overlay.errors import BadSettings, Refused, Unreachable
from overlay.settings import Settings
from overlay.transport.rabbitmq_queues import EXCHANGE

_VHOST = quote("/", safe="")
_TEXT = 200


class _Connection(msgspec.Struct):
    name: str
    peer_cert_validity: str = ""


class RabbitManagement:
    """The management interface of one node, over TLS. Every method raises Unreachable when it does not answer
    in `Settings.management_attempts` attempts, BadSettings when it does not take our password, and Refused
    with its text when it will not do what it was asked. Every method may be called again.
    """

    def __init__(self, access: ManagementAccess, settings: Settings) -> None:
        """Raises BadSettings when the CA file cannot be used."""
        self._settings = settings
        self._host = access.host
        self._ca = access.ca
        self._tls = _trusting(access)
        self._client = httpx.AsyncClient(
            base_url=f"https://{access.address}:{access.port}/api/",
            auth=(ADMIN, access.password),
            verify=self._tls,
            timeout=settings.management_timeout_s,
            trust_env=False,
        )

    async def health(self) -> None:
        """Returns if the node answers and serves."""
        await self._ask("GET", "health/checks/local-alarms")

    async def put_user(
        self, name: str, permissions: RabbitPermissions, limits: Mapping[str, int] | None = None
    ) -> None:
        """Make the user, with exactly these permissions and no password: it logs in by certificate only.
        `limits`: `max-connections`, `max-channels`.
        """
        user = quote(name, safe="")
        await self._ask("PUT", f"users/{user}", {"password_hash": "", "tags": ""})
        for limit, value in (limits or {}).items():
            await self._ask("PUT", f"user-limits/{user}/{limit}", {"value": value})
        # The routing keys first: without an entry for the exchange all of them would be permitted.
        topics = {"exchange": EXCHANGE, "write": permissions.topic_write, "read": permissions.topic_read}
        await self._ask("PUT", f"topic-permissions/{_VHOST}/{user}", topics)
        names = {"configure": permissions.configure, "write": permissions.write, "read": permissions.read}
        await self._ask("PUT", f"permissions/{_VHOST}/{user}", names)

    async def delete_user(self, name: str) -> None:
        """Take the user away with its permissions, if it is there. The node then closes its connections."""
        await self._ask("DELETE", f"users/{quote(name, safe='')}", missing_ok=True)

    async def connections(self, name: str) -> list[str]:
        """The names of the open connections of a user, whether or not the user is still there."""
        rows = await self._ask("GET", f"connections/username/{quote(name, safe='')}", missing_ok=True)
        return [row.name for row in msgspec.json.decode(rows or b"[]", type=list[_Connection])]

    async def close_connections(self, name: str) -> None:
        """Close all connections of a user."""
        await self._ask("DELETE", f"connections/username/{quote(name, safe='')}", missing_ok=True)

    async def certificates(self) -> dict[str, str]:
        """From when to when the certificate of each open connection is valid; empty until the node knows."""
        rows = await self._ask("GET", "connections?columns=name,peer_cert_validity")
        return {row.name: row.peer_cert_validity for row in msgspec.json.decode(rows, type=list[_Connection])}

    async def close_connection(self, name: str) -> None:
        """Close one connection, if it is open."""
        await self._ask("DELETE", f"connections/{quote(name, safe='')}", missing_ok=True)

    async def close(self) -> None:
        """Let go of the interface. Idempotent."""
        await self._client.aclose()

    async def _ask(
        self, method: str, path: str, body: Mapping[str, str | int] | None = None, *, missing_ok: bool = False
    ) -> bytes:
        """The answer; empty when what was named is not there."""
        response = await self._answer(method, path, body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise BadSettings(
                "RabbitMQ's management interface does not take the password in the broker's folder: "
                "start the broker again from that folder"
            )
        if response.status_code == httpx.codes.NOT_FOUND and missing_ok:
            return b""
        if response.is_error:
            raise Refused(f"RabbitMQ refuses {method} {path}: {response.text[:_TEXT]}")
        return response.content

    async def _answer(self, method: str, path: str, body: Mapping[str, str | int] | None) -> httpx.Response:
        wait_s = self._settings.management_retry_wait_s
        attempts = self._settings.management_attempts
        for attempt in range(1, attempts + 1):
            try:
                response = await self._send(method, path, body)
                if not response.is_server_error:
                    return response
                error = f"it says {response.status_code}"
            except httpx.TransportError as caught:
                error = f"{type(caught).__name__} {caught}"
                self._learn_roots()
            if attempt < attempts:
                await asyncio.sleep(wait_s)
                wait_s *= 2
        raise Unreachable(
            f"RabbitMQ's management interface at {self._client.base_url} does not answer: {error}. "
            "Is the broker running?"
        )

    def _learn_roots(self) -> None:
        """The domain may have a new root since we began, and the node a certificate of it."""
        try:
            self._tls.load_verify_locations(cafile=self._ca)
        except (OSError, ssl.SSLError) as error:
            raise BadSettings(f"{self._ca} cannot be used as the CA of the broker: {error}") from error

    async def _send(self, method: str, path: str, body: Mapping[str, str | int] | None) -> httpx.Response:
        # Dialled on loopback, proved by the name that the broker's certificate holds.
        proved = {"sni_hostname": self._host}
        return await self._client.request(method, path, json=body, extensions=proved)


def _trusting(access: ManagementAccess) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(access.ca))
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"{access.ca} cannot be used as the CA of the broker: {error}") from error
