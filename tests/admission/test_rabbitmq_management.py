"""What is said when RabbitMQ's management interface cannot be used."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.brokers.rabbitmq_config import ManagementAccess
from overlay.errors import BadSettings, Unreachable
from overlay.settings import Settings
from tests.brokers.certificates import Ca
from tests.rabbitmq_live import LiveRabbit

QUICK = Settings(management_attempts=2, management_retry_wait_s=0.01)


@asynccontextmanager
async def opened(access: ManagementAccess) -> AsyncIterator[RabbitManagement]:
    """Closes what it opened."""
    management = RabbitManagement(access, QUICK)
    try:
        yield management
    finally:
        await management.close()


async def test_an_interface_that_does_not_answer_is_unreachable(rabbitmq: LiveRabbit) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken by us, and not listening
        access = replace(rabbitmq.node.management, port=silent.getsockname()[1])
        async with opened(access) as management:
            with pytest.raises(Unreachable, match="Is the broker running"):
                await management.health()


async def test_a_wrong_password_is_said_at_once(rabbitmq: LiveRabbit) -> None:
    async with opened(replace(rabbitmq.node.management, password="wrong")) as management:
        with pytest.raises(BadSettings, match="does not take the password"):
            await management.health()


async def test_the_password_is_not_shown_to_a_server_of_another_ca_or_name(
    rabbitmq: LiveRabbit, tmp_path: Path
) -> None:
    access = rabbitmq.node.management
    other_ca = replace(access, ca=Ca(tmp_path, "other.example").file)
    for wrong in (other_ca, replace(access, host="elsewhere.example")):
        async with opened(wrong) as management:
            with pytest.raises(Unreachable, match="certificate verify failed"):
                await management.health()
