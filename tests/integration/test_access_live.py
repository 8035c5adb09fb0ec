"""Who may call whom across domains, on live brokers: refused, explained, allowed (GW-1, GW-17)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from overlay.domain.access_check import Verdict, check_access
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.status import domain_status
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId
from overlay.policy.border import BorderPolicy, Crossing
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import Person, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


@asynccontextmanager
async def desk_of(folder: DomainFolder) -> AsyncIterator[Operator]:
    async with operator(folder) as hand:
        yield hand


async def is_let_in(asker: Person, other: Person, *, reliable: bool = False) -> bool:
    try:
        await asker.agent.ask(other.id, b"may I?", skill=other.skill, reliable=reliable)
    except NotPermitted:
        return False
    return True


def stages(verdict: Verdict) -> dict[str, bool | None]:
    return {stage.stage: stage.allowed for stage in verdict.stages}


@pytest.mark.parametrize("far", ["b", "c"])
async def test_a_stranger_is_refused_at_the_border_until_the_receiver_lets_it_in(
    federation: Federation, far: str
) -> None:
    here, there = federation["a"], federation[far]
    await linked(Pair(here, there))
    async with (
        desk_of(there) as desk,
        present(here, "alice") as alice,
        present(there, "bob", access=()) as bob,
    ):
        await alice.hears_of(bob)  # being found grants nothing
        for reliable in (False, True):
            assert not await is_let_in(alice, bob, reliable=reliable)
        gate = bob.agent.endpoint.gate
        assert list(gate.refusals) == []  # it did not come so far
        verdict = await check_access(desk, alice.id, bob.id, bob.skill)
        assert (verdict.allowed, stages(verdict)) == (
            False,
            {"caller": True, "border": True, "receiver's certificate": True, "receiver": False},
        )
        assert "foreign domain" in json.dumps(verdict.as_dict())

        await bob.agent.change_access([str(alice.id)])
        for reliable in (False, True):
            await until(partial(is_let_in, alice, bob, reliable=reliable))
        verdict = await check_access(desk, alice.id, bob.id, bob.skill)
        assert (verdict.allowed, verdict.rule) == (True, f"allow from {alice.id}")
        other = PartyId.of("nobody", alice.id.domain)
        assert not (await check_access(desk, other, bob.id, bob.skill)).allowed


async def test_the_operators_border_holds_what_agents_would_let_in(federation: Federation) -> None:
    here, there = federation["a"], federation["b"]
    await linked(Pair(here, there))
    async with (
        desk_of(there) as desk,
        present(here, "alice") as alice,
        present(there, "bob") as bob,
    ):
        await alice.hears_of(bob)
        assert await is_let_in(alice, bob)
        try:
            await desk.peers.set_border(BorderPolicy(deny=(Crossing((str(alice.id),)),)))

            async def shut() -> bool:
                return not await is_let_in(alice, bob)

            await until(shut)
            verdict = await check_access(desk, alice.id, bob.id, bob.skill)
            assert stages(verdict)["border"] is False
        finally:
            await desk.peers.set_border(BorderPolicy())
        await until(lambda: is_let_in(alice, bob))


async def test_status_counts_who_has_access_through_the_gateway(federation: Federation) -> None:  # GW-1
    async with present(federation["a"], "alice"):

        async def counted() -> bool:
            status = await domain_status(federation["a"])
            return status.attached == status.agents and status.refused == 0

        await until(counted)
