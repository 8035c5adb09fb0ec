"""RabbitMQ's management interface: users, their permissions, their connections."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import quote

import httpx

from overlay.admission.rabbitmq_permissions import RabbitPermissions
from overlay.brokers.rabbitmq_config import ADMIN, EXCHANGE, LOOPBACK, ManagementAccess
from overlay.errors import BadSettings, NotFound, Refused, Unreachable
from overlay.settings import Settings

_VHOST = quote("/", safe="")
_TEXT = 200


class RabbitManagement:
    """The management interface of one node, over TLS. Every method raises Unreachable when it does not answer
    in `Settings.management_attempts` attempts, BadSettings when it does not take our password, and Refused
    with its text when it will not do what it was asked. Every method may be called again.
    """

    def __init__(self, access: ManagementAccess, settings: Settings) -> None:
        """Raises BadSettings when the CA file cannot be used."""
        self._settings = settings
        self._host = access.host
        self._client = httpx.AsyncClient(
            base_url=f"https://{LOOPBACK}:{access.port}/api/",
            auth=(ADMIN, access.password),
            verify=_trusting(access),
            timeout=settings.management_timeout_s,
            trust_env=False,
        )

    async def health(self) -> None:
        """Returns if the node answers and serves."""
        await self._ask("GET", "health/checks/local-alarms", missing_ok=False)

    async def put_user(self, name: str, permissions: RabbitPermissions) -> None:
        """Make the user, without a password: it logs in by certificate only. With exactly these permissions."""
        user = quote(name, safe="")
        await self._ask("PUT", f"users/{user}", {"password_hash": "", "tags": ""})
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
        return [str(row["name"]) for row in rows or ()]

    async def close_connections(self, name: str) -> None:
        """Close all connections of a user."""
        await self._ask("DELETE", f"connections/username/{quote(name, safe='')}", missing_ok=True)

    async def close(self) -> None:
        """Let go of the interface. Idempotent."""
        await self._client.aclose()
