"""A connection ends with the certificate that opened it, on RabbitMQ too."""

from __future__ import annotations

import asyncio
import contextlib
import time

import aiormq
import pytest

from overlay.admission.rabbitmq_lapsed import Lapsed, has_ended
from overlay.trust.identity import Role
from tests.admission.rabbitmq_domain import PATIENCE_S, domain_on, fresh_name
from tests.rabbitmq_live import LiveRabbit

HOUR_S = 3600.0
SPAN = "2026-01-31T12:00:00Z - 2026-02-28T12:00:00Z"
END = 1_772_280_000.0


@pytest.mark.parametrize(
    ("validity", "now", "ended"),
    [(SPAN, END - 1, False), (SPAN, END + 1, True), ("", END, False), ("soon", END, False)],
)
def test_a_span_is_over_at_its_end(validity: str, now: float, ended: bool) -> None:
    assert has_ended(validity, now) is ended


async def test_a_connection_whose_certificate_has_ended_is_closed_and_no_other(rabbitmq: LiveRabbit) -> None:
    name = fresh_name()
    await rabbitmq.users.admit(name, Role.AGENT)
    files = rabbitmq.ca.issue(name, lifetime_s=HOUR_S)
    lapsed = Lapsed(rabbitmq.management)
    async with domain_on(rabbitmq) as domain:
        bystander = await domain.party(fresh_name())
        connection = await domain.connect(files)
        async with asyncio.timeout(PATIENCE_S):
            while not await lapsed.close(time.time() + 2 * HOUR_S):
                await asyncio.sleep(0.2)  # the node tells of a new connection after a while
            with contextlib.suppress(aiormq.exceptions.AMQPError):
                await asyncio.shield(connection.closing)
        assert connection.is_closed
        assert not bystander.is_closed
