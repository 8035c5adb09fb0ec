"""What operators say of ways and of peers is kept (GW-8, GW-12)."""

from __future__ import annotations

import pytest

from overlay.errors import Refused
from overlay.registry.peers.relation import Relation
from overlay.registry.peers.restanding import Restanding
from overlay.registry.peers.routes import ConfiguredRoutes, Route, SetRoutes
from tests.registry.town import Town

NONE = ConfiguredRoutes()
SOME = NONE.with_route(Route("*.far.example", ("b.example",))).with_refused("c.example")


async def test_routes_are_kept_and_two_operators_do_not_undo_each_other(town: Town) -> None:
    await town.registry.routes.set(town.boss, SetRoutes(SOME, NONE))
    with pytest.raises(Refused):
        await town.registry.routes.set(town.boss, SetRoutes(NONE, NONE))
    await town.reopen()
    assert town.registry.routes.routes == SOME


async def test_a_peer_becomes_a_parent_and_its_agents_stay_known(town: Town, other: Town) -> None:
    await other.settle("bob", "net")
    await town.sync(other)
    (peer,) = town.neighbours.peers()
    changed = Restanding(Relation.PARENT, rank=3).applied(peer, peer)
    await town.neighbours.add(town.boss, changed)
    (now,) = town.neighbours.peers()
    assert (now.relation, now.transit, now.rank, now.agents) == (Relation.PARENT, False, 3, 1)
