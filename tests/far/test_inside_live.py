"""One program in a domain whose messages go straight over the broker, then through the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import OverlayError
from overlay.gateway.client import GatewayClient
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority, ToAgent
from tests.far.program import SKILL, echo_program
from tests.integration.people import until
from tests.live_domain import LiveDomain, fresh, overlay

pytestmark = pytest.mark.timeout(400)  # it may be the one that starts the domain


async def test_the_same_program_is_reached_over_the_broker_and_through_the_gateway(  # GW-11
    live: LiveDomain, tmp_path: Path
) -> None:
    name = fresh("echo")
    async with echo_program(live.folder, name, tmp_path), await live.agent() as asker:
        await until(lambda: _answers(asker, f"{name}@{live.name}"))
        assert await _carried(live.folder) == 0
        try:
            done = await overlay("inside", "set", "gateway", "--home", live.home)
            assert (done.code, "through the gateway" in done.out) == (0, True)
            await until(lambda: _carries(asker, f"{name}@{live.name}", live.folder))
            await until(lambda: _is_held_to_it(asker, name))
            await until(lambda: _answers(asker, f"{name}@{live.name}"))
        finally:
            assert (await overlay("inside", "clear", "--home", live.home)).code == 0
        async with operator(live.folder) as hand:
            assert await hand.ca.inside() is Inside.DIRECT
        await until(lambda: _answers(asker, f"{name}@{live.name}"))


async def _answers(asker: Agent, to: str) -> bool:
    try:
        return (await asker.ask(to, "hi", skill=SKILL, timeout_s=10)).text == "you said: hi"
    except OverlayError:
        return False


async def _carried(folder: DomainFolder) -> int:
    async with operator(folder) as hand:
        return (await GatewayClient(hand.endpoint).links()).counters.get("inside-realtime", 0)


async def _carries(asker: Agent, to: str, folder: DomainFolder) -> bool:
    return await _answers(asker, to) and await _carried(folder) > 0


async def _is_held_to_it(asker: Agent, name: str) -> bool:
    """Whether the broker refuses what goes past the gateway: a stored message is not confirmed."""
    subject = str(ToAgent(Class.RELIABLE, Priority.NORMAL, name, asker.id.name))
    try:
        await asker.endpoint.transport.store(subject, b"past it", message_id=fresh("past"), ttl_s=5.0)
    except OverlayError:
        return True
    return False
