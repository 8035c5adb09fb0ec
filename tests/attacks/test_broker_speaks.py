"""A broker publishes for its clients (acknowledgements, answers, copies), and none of it is a weapon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from pamqp.commands import Basic
from pamqp.common import FieldArray, FieldTable

from overlay.naming.ids import REGISTRY
from overlay.transport.address import BrokerKind
from tests.admission.rabbitmq_domain import Attempt, publishing
from tests.attacks.conftest import Stages
from tests.attacks.intruder import NatsIntruder, RabbitIntruder
from tests.integration.people import LIMIT_S, fresh, present

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def test_answers_of_nats_under_anothers_token_are_dropped_and_held_against_nobody(
    stages: Stages,
) -> None:
    stage = stages[BrokerKind.NATS]
    mallory = await stage.agent()
    me = mallory.id.name
    async with present(stage.folder, "victim") as victim, stage.intruder(mallory) as raw:
        assert isinstance(raw, NatsIntruder)
        bad = victim.agent.endpoint.counters["bad-envelope"]
        name = victim.id.name
        for reply in (f"ov.rt.normal.agent.{name}.carol", f"ov.svc.{REGISTRY}.find.{name}"):
            await raw.raw.client.publish(f"ov.rel.normal.agent.{me}.{me}", b"kept", reply=reply)
            await raw.raw.client.publish(f"ovjs.info.inbox={me}", b"", reply=reply)
            await raw.raw.client.publish(f"ovjs.next.inbox={me}", b'{"batch":9,"no_wait":true}', reply=reply)
        await raw.raw.flush()
        await _until(lambda: victim.agent.endpoint.counters["bad-envelope"] > bad)
        assert (await victim.agent.discover(victim.skill)).matches  # the registry still hears the victim
        assert not victim.handled


async def test_rabbitmqs_own_ways_of_publishing_name_the_attacker_or_are_refused(stages: Stages) -> None:
    stage = stages[BrokerKind.RABBITMQ]
    mallory = await stage.agent()
    me = mallory.id.name
    async with present(stage.folder, "victim") as victim, stage.intruder(mallory) as raw:
        assert isinstance(raw, RabbitIntruder)
        own, name = f"ov.rt.normal.agent.{me}.{me}", victim.id.name
        forms = (
            partial(publishing, f"inbox.{name}.rt", exchange=""),
            partial(publishing, "amq.rabbitmq.reply-to.guess", exchange=""),
            partial(publishing, own, exchange="amq.rabbitmq.trace"),
            partial(publishing, own, exchange="amq.topic"),
        )
        assert [form for form in forms if await raw.may(form())] == []
        assert not await raw.may(
            _with(own, Basic.Properties(reply_to="amq.rabbitmq.reply-to"))
        )  # nobody waits for it
        assert not await raw.may(_with(own, Basic.Properties(user_id=name)))
        dropped = victim.agent.endpoint.counters["bad-envelope"]
        for header in ("CC", "BCC"):  # which RabbitMQ 3 does not check: see docs/security.md
            copies: FieldArray = [f"ov.rt.normal.agent.{name}.carol", f"ov.svc.{REGISTRY}.find.{name}"]
            headers: FieldTable = {header: copies, "x-dead-letter-routing-key": own}
            assert await raw.may(_with(own, Basic.Properties(headers=headers)))
        await _until(lambda: victim.agent.endpoint.counters["bad-envelope"] >= dropped + 2)
        assert (await victim.agent.discover(victim.skill)).matches
        assert not victim.handled
    await stage.recorded(f"access to exchange 'amq.default' in vhost '/' refused for user '{me}'")
    await stage.recorded(f"authenticated user was '{me}'")


async def test_an_identifier_that_was_taken_before_stores_nothing_for_its_thief(stages: Stages) -> None:
    stage = stages[BrokerKind.NATS]
    mallory = await stage.agent()
    async with present(stage.folder, "victim") as victim, present(stage.folder, "alice") as alice:
        async with stage.intruder(mallory) as raw:
            assert isinstance(raw, NatsIntruder)
            counters, taken = victim.agent.endpoint.counters, fresh("taken")
            mailbox = f"ov.rel.normal.agent.{victim.id.name}"
            store = alice.agent.endpoint.transport.store
            await store(f"{mailbox}.{alice.id.name}", b"mine", message_id=taken, ttl_s=LIMIT_S)
            await _until(lambda: counters["bad-envelope"] == 1)
            answer = await raw.raw.client.request(
                f"{mailbox}.{mallory.id.name}",
                b"late",
                timeout=LIMIT_S,
                headers={"Nats-Msg-Id": taken},
            )
            assert b'"duplicate": true' in answer.data
        assert counters["bad-envelope"] == 1


def _with(subject: str, properties: Basic.Properties) -> Attempt:
    return lambda channel: channel.basic_publish(
        b"hello", exchange="ov", routing_key=subject, properties=properties
    )


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.05)
