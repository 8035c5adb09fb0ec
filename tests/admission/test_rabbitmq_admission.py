"""What RabbitMQ lets an admitted party do, and whom it lets in at all; on a live node."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiormq
import httpx
import pytest
import pytest_asyncio

from overlay.admission.rabbitmq_users import RabbitUsers
from overlay.errors import BadCertificate, BadName, Refused
from overlay.naming.ids import join_name, link_name
from overlay.settings import Settings
from overlay.transport.client_tls import client_tls
from overlay.trust.identity import Role
from tests.admission.rabbitmq_domain import (
    PATIENCE_S,
    RabbitDomain,
    consuming,
    domain_on,
    fresh_name,
    getting,
    greeting,
    next_message,
    permitted,
    publishing,
    purging,
    refused,
)
from tests.brokers.certificates import Ca, serial_of
from tests.rabbitmq_live import LiveRabbit


@pytest_asyncio.fixture(loop_scope="session")
async def domain(rabbitmq: LiveRabbit) -> AsyncIterator[RabbitDomain]:
    async with domain_on(rabbitmq) as opened:
        yield opened


async def test_an_agent_publishes_under_its_own_token_only(domain: RabbitDomain) -> None:
    me, other = fresh_name(), fresh_name()
    connection = await domain.party(me)
    for subject in ("ov.rt.normal.agent.bob", "ov.rel.bulk.proc.bob.s0", "ov.svc.registry.find"):
        await permitted(connection, publishing(f"{subject}.{me}"))
        await refused(connection, publishing(f"{subject}.{other}"))
    await refused(connection, publishing(f"ov.link.gw.hello.{me}.s0"))


async def test_what_an_agent_publishes_arrives(domain: RabbitDomain) -> None:
    me, other = fresh_name(), fresh_name()
    sender, receiver = await domain.party(me), await domain.party(other)
    await permitted(sender, publishing(f"ov.rel.high.agent.{other}.{me}"))
    message = await next_message(receiver, f"inbox.{other}.rel")
    assert (message.routing_key, message.body) == (f"ov.rel.high.agent.{other}.{me}", b"hello")


async def test_a_line_feed_after_the_own_token_does_not_slip_through(domain: RabbitDomain) -> None:
    me = fresh_name()
    connection = await domain.party(me)
    await refused(connection, publishing(f"ov.rt.normal.agent.bob.{me}\n"))
    await refused(connection, publishing(f"ov.rt.normal.agent.bob\n.{me}"))


async def test_no_queue_is_reached_by_its_name_or_by_another_exchange(domain: RabbitDomain) -> None:
    me, other = fresh_name(), fresh_name()
    connection = await domain.party(me)
    await domain.make_queues(other, Role.AGENT)
    await refused(connection, publishing(f"inbox.{other}.rt", exchange=""))
    for exchange in ("amq.topic", "amq.fanout", "amq.headers", "amq.match"):
        await refused(connection, publishing(f"ov.rt.normal.agent.{other}.{me}", exchange=exchange))


async def test_a_copy_header_puts_no_message_under_another_token(domain: RabbitDomain) -> None:
    # RabbitMQ routes by CC and BCC without asking for permission: what arrives still names its publisher.
    me, other = fresh_name(), fresh_name()
    sender, receiver = await domain.party(me), await domain.party(other)
    own, foreign = f"ov.rt.normal.agent.nobody.{me}", f"ov.rt.normal.agent.{other}.carol"
    await permitted(sender, publishing(own, copy_to=foreign))
    assert (await next_message(receiver, f"inbox.{other}.rt")).routing_key == own


async def test_an_agent_reads_its_own_queues_only(domain: RabbitDomain) -> None:
    me, other = fresh_name(), fresh_name()
    connection = await domain.party(me)
    await domain.make_queues(other, Role.AGENT)
    for half in ("rt", "rel"):
        await permitted(connection, getting(f"inbox.{me}.{half}"))
        for attempt in (getting, consuming, purging):
            await refused(connection, attempt(f"inbox.{other}.{half}"))


async def test_an_agent_makes_binds_and_deletes_nothing(domain: RabbitDomain) -> None:
    me = fresh_name()
    connection, inbox = await domain.party(me), f"inbox.{me}.rt"
    await refused(connection, lambda channel: channel.queue_declare(f"inbox.{me}.more"))
    await refused(connection, lambda channel: channel.queue_declare("", exclusive=True))
    await refused(connection, lambda channel: channel.exchange_declare(f"{me}.exchange"))
    await refused(connection, lambda channel: channel.queue_bind(inbox, "ov", "#"))
    await refused(connection, lambda channel: channel.queue_unbind(inbox, "ov", f"ov.rt.*.agent.{me}.*"))
    await refused(connection, lambda channel: channel.queue_delete(inbox))
    await refused(connection, lambda channel: channel.exchange_delete("ov"))


async def test_a_newcomer_reaches_the_application_and_nothing_else(domain: RabbitDomain) -> None:
    me = join_name(fresh_name())
    connection = await domain.party(me, Role.JOIN)
    await permitted(connection, publishing(f"ov.svc.ca.apply.{me}"))
    for subject in ("ov.svc.ca.revoke", "ov.svc.registry.find", "ov.rt.normal.agent.bob"):
        await refused(connection, publishing(f"{subject}.{me}"))


async def test_a_foreign_gateway_reaches_link_subjects_and_nothing_else(domain: RabbitDomain) -> None:
    peer = f"{fresh_name()}.example"
    me = link_name(peer)
    connection = await domain.party(me, Role.LINK, peer)
    await permitted(connection, publishing(f"ov.link.gw.hello.{me}.s0"))
    await permitted(connection, getting(f"link.{me}.s0.rt"))
    for subject in (f"ov.link.bob.hello.{me}.s0", "ov.link.gw.hello.gw.s0", f"ov.rt.normal.agent.bob.{me}"):
        await refused(connection, publishing(subject))
    await domain.make_queues("gw", Role.GATEWAY)
    await refused(connection, getting("out.gw.rt"))


async def test_a_certificate_of_another_ca_or_of_an_agent_is_refused_in_the_handshake(
    rabbitmq: LiveRabbit, tmp_path: Path
) -> None:
    name, port = fresh_name(), rabbitmq.node.address.port
    local = await rabbitmq.admitted(name)
    foreign = Ca(tmp_path, "other.example").issue(name)
    shown = type(local)(local.ca, foreign.certificate, foreign.key)
    assert await asyncio.to_thread(greeting, port, local) != b""
    for files in (shown, rabbitmq.ca.issued_by_an_agent(name)):
        assert await asyncio.to_thread(greeting, port, files) == b""


async def test_the_broker_offers_tls_and_certificates_only(rabbitmq: LiveRabbit) -> None:
    port, files = rabbitmq.node.address.port, await rabbitmq.admitted(fresh_name())
    said = await asyncio.to_thread(greeting, port, files)
    assert b"EXTERNAL" in said
    assert b"PLAIN" not in said
    assert b"EXTERNAL" not in await asyncio.to_thread(greeting, port, None)


async def test_nobody_but_the_administrator_reaches_the_management_interface(rabbitmq: LiveRabbit) -> None:
    name, access = fresh_name(), rabbitmq.node.management
    tls = client_tls(await rabbitmq.admitted(name))
    url = f"https://localhost:{access.port}/api/overview"
    async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=PATIENCE_S) as client:
        assert (await client.get(url, auth=("ADMIN", access.password))).status_code == 200
        for user in (("guest", "guest"), (name, ""), (name, name), ("provisioner", ""), ("ADMIN", "")):
            assert (await client.get(url, auth=user)).status_code == 401


async def test_a_certificate_without_admission_is_refused(domain: RabbitDomain) -> None:
    with pytest.raises(aiormq.exceptions.AMQPConnectionError):
        await domain.connect(domain.live.ca.issue(fresh_name()))


async def test_a_server_certificate_logs_nobody_in(domain: RabbitDomain) -> None:
    with pytest.raises(aiormq.exceptions.AMQPConnectionError):
        await domain.connect(domain.live.ca.issue("broker", Role.BROKER))


async def test_names_of_the_broker_and_regular_expressions_are_not_admitted(rabbitmq: LiveRabbit) -> None:
    for name in ("ADMIN", "guest", "provisioner", "al.ce", "alice|bob", ".*", "alice\n", ""):
        with pytest.raises((BadName, BadCertificate)):
            await rabbitmq.users.admit(name, Role.AGENT)


async def test_the_provisioner_keeps_its_permissions(rabbitmq: LiveRabbit) -> None:
    with pytest.raises(Refused, match="the broker's own user"):
        await rabbitmq.users.admit("provisioner", Role.SERVICE)


async def test_who_is_expelled_loses_its_connection_and_comes_back_only_when_admitted_again(
    domain: RabbitDomain,
) -> None:  # CA-8
    name, users = fresh_name(), domain.live.users
    files = await domain.live.admitted(name)
    connection, bystander = await domain.connect(files), await domain.party(fresh_name())
    await users.expel(name, serial_of(domain.live.ca.issue(name)))
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(aiormq.exceptions.AMQPError):
            await asyncio.shield(connection.closing)
    assert connection.is_closed
    assert await domain.live.management.connections(name) == []
    with pytest.raises(aiormq.exceptions.AMQPConnectionError):
        await domain.connect(files)
    assert not bystander.is_closed
    await users.admit(name, Role.AGENT)
    await permitted(await domain.connect(files), publishing(f"ov.rt.normal.agent.bob.{name}"))


async def test_a_revoked_certificate_stays_out_when_its_name_is_admitted_again(domain: RabbitDomain) -> None:
    # CA-6, CA-8
    name, users = fresh_name(), domain.live.users
    old = await domain.live.admitted(name)
    new = domain.live.ca.issue(name)
    await domain.connect(old)
    await users.expel(name, serial_of(old))
    await users.admit(name, Role.AGENT)
    port = domain.live.node.address.port
    assert await asyncio.to_thread(greeting, port, old) == b""
    assert not (await domain.connect(new)).is_closed


async def test_an_agent_has_only_so_many_connections_and_channels(domain: RabbitDomain) -> None:
    few = Settings(party_max_connections=2, rabbitmq_party_channels=16)
    name = fresh_name()
    await RabbitUsers(domain.live.management, domain.live.domain, few).admit(name, Role.AGENT)
    files = domain.live.ca.issue(name)
    first, second = await domain.connect(files), await domain.connect(files)
    with pytest.raises(aiormq.exceptions.AMQPError):
        await domain.connect(files)
    for _ in range(8):
        await first.channel()
        await second.channel()
    with pytest.raises(aiormq.exceptions.AMQPError):
        async with asyncio.timeout(PATIENCE_S):
            await second.channel()


async def test_admitting_and_expelling_may_be_repeated(domain: RabbitDomain) -> None:
    name, users = fresh_name(), domain.live.users
    await asyncio.gather(*(users.admit(name, Role.AGENT) for _ in range(3)))
    files = domain.live.ca.issue(name)
    await domain.connect(files)
    await asyncio.gather(*(users.expel(name, serial_of(files)) for _ in range(3)))
    assert await domain.live.management.connections(name) == []
