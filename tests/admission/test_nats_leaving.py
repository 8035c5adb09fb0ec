"""How access ends, and what happens while doorkeepers come and go."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from nats.errors import Error as NatsError

from overlay.errors import Unreachable
from overlay.settings import Settings
from tests.admission.nats_domain import NatsDomain, fresh
from tests.admission.raw_client import LIMIT_S, RawClient
from tests.brokers.certificates import serial_of


async def test_expelling_closes_every_connection_of_that_certificate_and_no_other(
    domain: NatsDomain,
) -> None:  # CA-8
    me = fresh()
    files, renewed = domain.ca.issue(me), domain.ca.issue(me)
    first, second = await domain.login(files, me), await domain.login(files, me)
    third, other = await domain.login(renewed, me), await domain.party(fresh())
    await domain.callout.expel(me, serial_of(files))
    await first.gone()
    await second.gone()
    assert await domain.is_refused(files, me)
    assert await third.may_publish(f"ov.rt.high.agent.x.{me}")
    assert await other.may_publish(f"ov.rt.high.agent.x.{other.name}")


async def test_logins_that_race_with_an_expulsion_do_not_stay(domain: NatsDomain) -> None:  # CA-8
    me = fresh()
    files = domain.ca.issue(me)
    logins = [asyncio.create_task(domain.login(files, me)) for _ in range(12)]
    await next(asyncio.as_completed(logins))
    await domain.callout.expel(me, serial_of(files))
    for outcome in await asyncio.gather(*logins, return_exceptions=True):
        if isinstance(outcome, RawClient):
            await outcome.gone()
        else:
            assert isinstance(outcome, OSError | NatsError), outcome


async def test_a_certificate_has_only_so_many_connections_and_its_first_ones_stay(domain: NatsDomain) -> None:
    me, other = fresh(), fresh()
    files = domain.ca.issue(me)
    strict = domain.new_callout(domain.settings.model_copy(update={"party_max_connections": 2}))
    await strict.start()
    try:
        first, second = await domain.login(files, me), await domain.login(files, me)
        with contextlib.suppress(OSError, NatsError):
            third = await domain.login(files, me)
            await third.gone()
        assert strict.refusals["connection-limit"] == 1
        bystander = await domain.party(other)
        for agent in (first, second, bystander):
            assert await agent.may_publish(f"ov.rt.high.agent.x.{agent.name}")
    finally:
        await strict.stop()


async def test_a_connection_has_only_so_many_subscriptions(domain: NatsDomain) -> None:
    agent = await domain.party(fresh())
    with contextlib.suppress(NatsError):  # its client hangs up when it hears so
        for number in range(domain.settings.nats_max_subscriptions + 1):
            await agent.client.subscribe(f"_INBOX.{agent.name}.{number}")
    await agent.gone()
    assert "maximum subscriptions" in str(agent.client.last_error)


async def test_a_connection_ends_with_its_certificate(domain: NatsDomain) -> None:
    me = fresh()
    for lifetime_s in (2.0, 8.0, 24.0):  # a slow machine may need more than two seconds to log in
        certificate, key = domain.ca.certificate(me, lifetime_s=lifetime_s)
        with contextlib.suppress(OSError, NatsError):
            agent = await domain.login(domain.ca.write(certificate, key), me)
            await agent.gone()
            assert time.time() > certificate.not_valid_after_utc.timestamp() - 1.5  # not for another reason
            return
    raise AssertionError("it never came in")


async def test_without_a_doorkeeper_who_is_in_stays_and_nobody_comes_in(domain: NatsDomain) -> None:
    agent = await domain.party(fresh())
    await domain.callout.stop()
    newcomer = fresh()
    assert await domain.is_refused(domain.ca.issue(newcomer), newcomer)
    assert await agent.may_publish(f"ov.rt.high.agent.x.{agent.name}")
    domain.callout = domain.new_callout()
    await domain.callout.start()
    assert (await domain.party(newcomer)).client.is_connected


async def test_two_doorkeepers_share_the_questions_and_one_is_enough(domain: NatsDomain) -> None:
    second = domain.new_callout()
    await second.start()
    try:
        before = domain.callout.admitted + second.admitted
        await asyncio.gather(*(domain.login(domain.ca.issue(name), name) for name in map(fresh, "abcdefgh")))
        assert domain.callout.admitted + second.admitted == before + 8
        await domain.callout.stop()
        assert (await domain.login(domain.ca.issue("alone"), "alone")).client.is_connected
    finally:
        await second.stop()
        domain.callout = domain.new_callout()
        await domain.callout.start()


async def test_a_doorkeeper_comes_back_with_the_broker_or_says_that_it_gave_up(domain: NatsDomain) -> None:
    impatient = domain.new_callout(Settings(reconnect_limit_s=0, reconnect_wait_s=0.01))
    await impatient.start()
    await domain.server.stop()
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(Unreachable):
            await impatient.closed()
    await impatient.stop()
    await domain.server.start()
    await domain.log_in_provisioner()
    assert (await _when_it_can(domain)).client.is_connected


async def _when_it_can(domain: NatsDomain) -> RawClient:
    """A login, tried again: until a doorkeeper is back the server lets nobody in, and says so late."""
    me = fresh()
    files = domain.ca.issue(me)
    for patience_s in (0.5, 0.5, 1, 2, 4, 8, 16):
        with contextlib.suppress(TimeoutError, OSError, NatsError):
            async with asyncio.timeout(patience_s):
                return await domain.login(files, me)
    raise AssertionError("no doorkeeper came back")


async def test_closed_returns_once_a_doorkeeper_was_stopped(domain: NatsDomain) -> None:
    callout = domain.new_callout()
    await callout.start()
    ended = asyncio.create_task(callout.closed())
    await callout.stop()
    async with asyncio.timeout(LIMIT_S):
        await ended
