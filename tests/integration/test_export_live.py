"""What an operator hides from a peer, on live brokers: neither found nor reached, until it is shown again."""

from __future__ import annotations

import pytest

from overlay.domain.operator import operator
from overlay.domain.sight_check import check_sight
from overlay.errors import NotFound
from overlay.policy.export import ExportPolicy, Offer
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import Person, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def is_unknown(asker: Person, other: Person) -> bool:
    try:
        await asker.agent.ask(other.id, b"there?", skill=other.skill)
    except NotFound:
        return True
    return False


@pytest.mark.parametrize("far", ["b", "c"])
async def test_what_is_hidden_from_a_peer_is_neither_found_nor_reached(
    federation: Federation, far: str
) -> None:  # REG-8, REG-11
    here, there = federation["a"], federation[far]
    await linked(Pair(here, there))
    async with (
        operator(there) as desk,
        present(here, "alice") as alice,
        present(there, "bob") as bob,
        present(there, "carol") as carol,
    ):
        await alice.hears_of(bob)
        assert not await is_unknown(alice, bob)
        assert "hears of it" in (await check_sight(desk, alice.id, bob.id)).why
        await desk.peers.set_export("a.example", ExportPolicy(deny=(Offer(agents=(bob.id.name,)),)))
        try:
            assert not (await check_sight(desk, alice.id, bob.id)).visible
            await alice.misses(bob)
            await until(lambda: is_unknown(alice, bob))
            await alice.hears_of(carol)
            assert not await is_unknown(alice, carol)
            answer = await bob.agent.ask(alice.id, b"I am still here", skill=alice.skill)
            assert answer.body == b"I am still here"
        finally:
            await desk.peers.set_export("a.example", None)
        await alice.hears_of(bob)
        await until(lambda: _is_known(alice, bob))


async def _is_known(asker: Person, other: Person) -> bool:
    return not await is_unknown(asker, other)
