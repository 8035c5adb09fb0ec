"""Who is sent."""

from __future__ import annotations

import pytest

from overlay.demo.causes import Craft
from overlay.demo.dispatch import Engineer, after, best_plan
from overlay.errors import NotFound

NEAR = Engineer("Near", (1, 0), frozenset({Craft.CABLE}), free_at=120)
FAR = Engineer("Far", (20, 0), frozenset({Craft.CABLE}))
OTHER = Engineer("Other", (0, 0), frozenset({Craft.NODE}))
STAFF = (NEAR, FAR, OTHER)


def test_the_craft_comes_before_the_place() -> None:
    assert best_plan((0, 0), Craft.CABLE, 0.5, STAFF).engineer.name != "Other"
    with pytest.raises(NotFound, match="home installation"):
        best_plan((0, 0), Craft.HOME, 0.5, STAFF)


def test_what_is_urgent_gets_who_is_there_first_and_else_who_has_the_shortest_way() -> None:
    assert best_plan((0, 0), Craft.CABLE, 1.0, STAFF).engineer.name == "Far"
    assert best_plan((0, 0), Craft.CABLE, 0.0, STAFF).engineer.name == "Near"


def test_an_engineer_with_a_visit_is_free_later_and_starts_from_there() -> None:
    plan = best_plan((0, 0), Craft.CABLE, 1.0, STAFF)
    staff = after(plan, (0, 0), STAFF)
    assert [engineer.name for engineer in staff] == ["Near", "Far", "Other"]
    assert staff[1].place == (0.0, 0.0)
    assert staff[1].free_at > plan.arrives
