"""RabbitMQ itself gone and back, and who may not come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from overlay.errors import Refused, Unreachable
from overlay.naming.mailboxes import agent_inbox
from overlay.transport.rabbitmq import RabbitTransport
from tests.brokers.certificates import Ca
from tests.conformance.bench import SETTINGS, Basket, Bench
from tests.rabbitmq_live import LiveRabbit


async def test_mailboxes_and_what_is_stored_outlive_a_restart_of_the_broker(
    rabbit: Bench, rabbitmq: LiveRabbit
) -> None:
    pair, realtime, stored = await rabbit.pair(), Basket(), Basket()
    await pair.receiving.read(pair.inbox, realtime.take)
    await pair.store(b"kept")
    await rabbitmq.node.stop()
    await rabbitmq.node.start()
    await pair.receiving.flush()
    await pair.sending.flush()
    await pair.publish(b"again")
    await pair.receiving.read_stored(pair.inbox, stored.take_stored)
    assert await stored.until(1) == [b"kept"]
    assert await realtime.until(1) == [b"again"]


async def test_the_provisioner_comes_back_after_an_outage(rabbit: Bench) -> None:
    provisioner = await rabbit.subject.provisioner()
    await provisioner.prepare()
    await rabbit.subject.halt()
    await rabbit.subject.resume()
    name = rabbit.name()
    await provisioner.ensure([agent_inbox(name)])
    await provisioner.close()
    transport = await rabbit.connect(name)
    await transport.read(agent_inbox(name), Basket().take)


async def test_a_party_that_was_not_admitted_is_refused(rabbitmq: LiveRabbit) -> None:
    files = rabbitmq.ca.issue("stranger")
    with pytest.raises(Refused):
        await RabbitTransport.connect(rabbitmq.node.address, files, "stranger", SETTINGS, _never)


async def test_a_broker_of_another_ca_is_not_trusted(rabbitmq: LiveRabbit, tmp_path: Path) -> None:
    other = Ca(tmp_path, "other.example").issue("alice")
    files = replace(await rabbitmq.admitted("alice"), ca=other.ca)
    with pytest.raises(Unreachable, match="certificate"):
        await RabbitTransport.connect(rabbitmq.node.address, files, "alice", SETTINGS, _never)


def _never(where: str, error: Exception) -> None:
    raise AssertionError(f"{where}: {error}")
