"""Connections that outlive their certificate: RabbitMQ looks at it when they begin, and never again."""

from __future__ import annotations

from datetime import datetime

from overlay.admission.rabbitmq_management import RabbitManagement


class Lapsed:
    """Finds and closes them."""

    def __init__(self, management: RabbitManagement) -> None:
        self._management = management

    async def close(self, now: float) -> int:
        """How many were closed. Raises Unreachable."""
        lapsed = [
            name
            for name, validity in (await self._management.certificates()).items()
            if has_ended(validity, now)
        ]
        for name in lapsed:
            await self._management.close_connection(name)
        return len(lapsed)


def has_ended(validity: str, now: float) -> bool:
    """Whether a span as RabbitMQ writes it (`2026-01-31T12:00:00Z - 2026-02-28T12:00:00Z`) is over; False
    while the node does not say.
    """
    try:
        return datetime.fromisoformat(validity.rpartition(" - ")[2]).timestamp() < now
    except ValueError:
        return False
