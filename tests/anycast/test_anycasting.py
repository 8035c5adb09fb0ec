"""An agent asks whoever has a skill, and the next one when that fails."""

from __future__ import annotations

import pytest

from overlay.anycast.anycasting import Anycasting
from overlay.errors import NotFound, OverlayError, TimedOut, Unreachable
from overlay.naming.ids import PartyId
from overlay.registry.search.protocol import Match
from overlay.settings import Settings
from tests.anycast.test_choice import SKILL, candidate


class Town:
    """Two that have the skill, of which `best` is the quicker, and may be broken."""

    def __init__(self) -> None:
        self.broken: OverlayError | None = None
        self.asked: list[str] = []
        self.anycasting = Anycasting(PartyId("alice", "a.example"), self.find, Settings())

    async def find(self, _: str, __: int) -> tuple[Match, ...]:
        some = (candidate("best", latency_ms=1), candidate("other", latency_ms=900))
        return tuple(Match(one.record, "") for one in some)

    async def use(self, party: PartyId, _: str) -> str:
        self.asked.append(party.name)
        if party.name == "best" and self.broken is not None:
            raise self.broken
        return party.name

    async def ask(self, task: str = "") -> str:
        return await self.anycasting.first(await self.anycasting.choose(SKILL, task), self.use)


async def test_who_cannot_be_reached_is_passed_over_and_not_asked_again_soon() -> None:  # GW-10
    town = Town()
    town.broken = Unreachable("away")
    assert await town.ask() == "other"
    assert await town.ask() == "other"
    assert town.asked == ["best", "other", "other"]


async def test_what_may_have_been_done_is_not_asked_of_another() -> None:  # GW-10
    town = Town()
    town.broken = TimedOut("no answer")
    with pytest.raises(TimedOut):
        await town.ask()
    assert town.asked == ["best"]
    assert await town.ask() == "other"


async def test_a_task_moves_only_when_its_agent_fails() -> None:  # GW-10
    town = Town()
    town.broken = Unreachable("away")
    assert await town.ask("t1") == "other"
    town.broken = None
    assert (await town.anycasting.choose(SKILL, "t1")).kept
    assert await town.ask("t1") == "other"


async def test_nobody_who_has_the_skill_is_said_so() -> None:  # GW-10
    async def none(_: str, __: int) -> tuple[Match, ...]:
        return ()

    anycasting = Anycasting(PartyId("alice", "a.example"), none, Settings())
    with pytest.raises(NotFound, match=r"nobody who is online offers 'network.fault'"):
        await anycasting.choose(SKILL)
