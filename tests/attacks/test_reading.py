"""Nobody reads, takes or deletes what is kept for another, on either broker."""

from __future__ import annotations

import pytest
from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable

from overlay.naming.ids import CA, GATEWAY, REGISTRY
from overlay.naming.mailboxes import (
    agent_inbox,
    consumer_name,
    departures,
    link_hellos,
    link_process,
    process_inbox,
    service_inbox,
)
from overlay.naming.subjects import Priority
from overlay.transport.address import BrokerKind
from tests.admission.rabbitmq_domain import Attempt
from tests.attacks.conftest import Stages
from tests.attacks.intruder import RabbitIntruder, binding
from tests.attacks.stage import Stage
from tests.integration.people import fresh

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def test_an_agent_is_let_at_no_mailbox_but_its_own(stage: Stage) -> None:  # GW-17
    mallory, victim = await stage.agent(), await stage.agent("victim")
    async with stage.intruder(mallory) as raw:
        assert await raw.may_read(agent_inbox(mallory.id.name))
        for mailbox in (
            agent_inbox(victim.id.name),
            process_inbox(victim.id.name, "s0"),
            service_inbox(CA),
            service_inbox(REGISTRY),
            process_inbox(CA, "s0"),
            departures(GATEWAY, Priority.NORMAL),
            link_hellos(GATEWAY),
            link_process(GATEWAY, "s0"),
        ):
            assert await raw.may_read(mailbox) == [], mailbox.name
    await stage.recorded(f"inbox.{victim.id.name}.rt" if _rabbit(stage) else f"agent.{victim.id.name}.*")


async def test_nobody_listens_to_everything_or_to_a_channel(stage: Stage) -> None:
    mallory, newcomer = await stage.agent(), await stage.newcomer(fresh("newcomer"))
    for party in (mallory, newcomer, stage.service(REGISTRY), stage.service(GATEWAY)):
        async with stage.intruder(party) as raw:
            assert await raw.may_read_all() == [], party.id
    # RabbitMQ names the queue, for to whoever may not bind no pattern is worth a look
    await stage.recorded(*(("inbox",) if _rabbit(stage) else ("ov.*.*.chan.>",)), mallory.id.name)


async def test_what_jetstream_keeps_is_out_of_an_agents_reach(stages: Stages) -> None:
    stage = stages[BrokerKind.NATS]
    mallory, victim = await stage.agent(), await stage.agent("victim")
    foreign = consumer_name(agent_inbox(victim.id.name))
    async with stage.intruder(mallory) as raw:
        api = [
            "INFO",
            "STREAM.INFO.OV",
            "STREAM.NAMES",
            "STREAM.CREATE.MINE",
            "STREAM.UPDATE.OV",
            "STREAM.PURGE.OV",
            "STREAM.DELETE.OV",
            "STREAM.MSG.GET.OV",
            "STREAM.MSG.DELETE.OV",
            "STREAM.SNAPSHOT.OV",
            "DIRECT.GET.OV",
            "CONSUMER.CREATE.OV",
            f"CONSUMER.DURABLE.CREATE.OV.{foreign}",
            f"CONSUMER.DELETE.OV.{foreign}",
            f"CONSUMER.MSG.NEXT.OV.{foreign}",
            f"CONSUMER.RESET.OV.{foreign}",
            f"CONSUMER.PAUSE.OV.{foreign}",
        ]
        subjects = [f"$JS.API.{operation}" for operation in api]
        subjects += [f"ovjs.next.{foreign}", f"ovjs.info.{foreign}", f"$JS.ACK.OV.{foreign}.1.1.1.1.0"]
        subjects += [f"$JS.ACK.hub.{'0' * 8}.OV.{foreign}.1.1.1.1.0.x", "$JS.FC.OV.x", "$KV.x.y", "$O.x.y"]
        subjects += ["$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.AUTH", "$SYS.REQ.ACCOUNT.APP.CONNZ"]
        assert [subject for subject in subjects if await raw.may_publish(subject)] == []
    await stage.recorded(*subjects)


async def test_queues_of_others_are_neither_declared_bound_emptied_nor_deleted(stages: Stages) -> None:
    stage = stages[BrokerKind.RABBITMQ]
    mallory, victim = await stage.agent(), await stage.agent("victim")
    async with stage.intruder(mallory) as raw:
        assert isinstance(raw, RabbitIntruder)
        for half in ("rt", "rel"):
            queue, mine = f"inbox.{victim.id.name}.{half}", f"inbox.{mallory.id.name}.{half}"
            for number, attempt in enumerate((*_at_queue(queue), *_at_own(mine), *_at_exchanges())):
                assert not await raw.may(attempt), (half, number)
    await stage.recorded(f"queue 'inbox.{victim.id.name}.rel' in vhost '/' refused", "exchange 'ov'")


def _at_queue(queue: str) -> list[Attempt]:
    return [
        lambda channel: channel.queue_delete(queue),
        lambda channel: channel.queue_purge(queue),
        lambda channel: channel.queue_unbind(queue, "ov", "#"),
        lambda channel: channel.queue_declare(queue, durable=True),
        lambda channel: channel.basic_get(queue),
        lambda channel: channel.basic_consume(queue, _never),
        binding(queue, "ov", "#"),
    ]


def _at_own(queue: str) -> list[Attempt]:
    return [
        lambda channel: channel.queue_delete(queue),
        binding(queue, "ov", "ov.rt.*.agent.*.*"),
        binding(queue, "amq.rabbitmq.trace", "#"),
    ]


def _at_exchanges() -> list[Attempt]:
    alternate: FieldTable = {"alternate-exchange": "mine"}
    return [
        lambda channel: channel.exchange_delete("ov"),
        lambda channel: channel.exchange_bind("ov", "amq.topic", "#"),
        lambda channel: channel.exchange_bind("amq.topic", "ov", "#"),
        lambda channel: channel.exchange_declare("mine", exchange_type="fanout"),
        lambda channel: channel.exchange_declare("ov", arguments=alternate),
        lambda channel: channel.queue_declare("", exclusive=True),
    ]


async def _never(message: DeliveredMessage) -> None:
    pytest.fail(f"it was given {message}")


def _rabbit(stage: Stage) -> bool:
    return stage.kind is BrokerKind.RABBITMQ
