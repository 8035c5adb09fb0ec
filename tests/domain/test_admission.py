"""Admission on NATS outlives each of its two processes, and neither forgets what was revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from overlay.endpoint.home import Home
from overlay.errors import Unreachable
from overlay.naming.ids import ADMISSION
from overlay.trust.credentials import Credentials
from tests.domain.two_doors import TwoDoors, two_doors
from tests.live_domain import LIMIT_S, eventually


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def doors() -> AsyncIterator[TwoDoors]:
    """Each test begins and ends with both open."""
    async with two_doors() as opened:
        yield opened


async def refused(doors: TwoDoors, name: str) -> bool:
    try:
        connection = await doors.tries(name)
    except Unreachable:
        return True
    await connection.close()
    return False


async def test_each_door_alone_lets_agents_in_while_the_other_is_dead(doors: TwoDoors) -> None:  # GW-17
    name = await doors.agent()
    for door in ("ca", "admission"):
        await doors.kill(door)
        connection = await doors.comes_in(name)
        await connection.close()
        await doors.open(door)


async def test_a_revocation_ends_what_any_door_let_in_and_a_door_that_was_away_knows_it(
    doors: TwoDoors,
) -> None:  # CA-8
    gone, stays = await doors.agent(), await doors.agent()
    await doors.kill("ca")
    connection = await doors.comes_in(gone)  # by the second door
    await doors.open("ca")
    await doors.kill("admission")
    await doors.revoke(gone)
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(Unreachable):
            await connection.closed()
    await connection.close()
    await doors.open("admission")
    await doors.kill("ca")
    other = await doors.comes_in(stays)
    await other.close()
    with pytest.raises(Unreachable):
        await doors.tries(gone)
    await doors.open("ca")


async def test_a_door_on_another_machine_knows_what_was_revoked_before_and_since_it_opened(
    doors: TwoDoors,
) -> None:  # CA-8
    before, since, stays = await doors.agent(), await doors.agent(), await doors.agent()
    await doors.revoke(before)
    doors.add_elsewhere()
    await doors.open("elsewhere")
    await doors.kill("admission")
    await doors.revoke(since)
    await doors.kill("ca")
    connection = await doors.comes_in(stays)
    await connection.close()
    with pytest.raises(Unreachable):
        await doors.tries(before)
    await eventually(lambda: refused(doors, since))  # the news of it came, or is about to
    await doors.open("ca")
    await doors.open("admission")
    await doors.kill("elsewhere")


async def test_the_second_door_renews_its_certificate_and_goes_on_with_it(
    doors: TwoDoors, monkeypatch: pytest.MonkeyPatch
) -> None:  # CA-5
    def held() -> Credentials:
        return Home(doors.folder.service(ADMISSION)).load(doors.settings).credentials

    async def renewed() -> bool:
        return held().identity.serial != before.identity.serial

    before, name = held(), await doors.agent()
    await doors.kill("admission")
    with monkeypatch.context() as due:
        due.setenv("OVERLAY_RENEW_AFTER_FRACTION", "1e-9")
        due.setenv("OVERLAY_RENEW_SPREAD", "0")
        await doors.open("admission")
    await eventually(renewed)
    await doors.kill("admission")
    await doors.open("admission")  # which comes to the broker with what it was given
    await doors.kill("ca")
    connection = await doors.comes_in(name)
    await connection.close()
    await doors.open("ca")
