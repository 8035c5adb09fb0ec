"""Which engineer is sent, and that nobody is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.broadband.plant import Plant
from examples.broadband.staff import CABLE, HOME, NODE, VISIT_MINUTES, Engineer, best_visit, book
from overlay.errors import NotFound

STAFF = {
    engineer.name: engineer
    for engineer in (
        Engineer("Near", (1, 0), (CABLE,), free_at=120),
        Engineer("Far", (20, 0), (CABLE,)),
        Engineer("Other", (0, 0), (NODE,)),
    )
}


def test_the_craft_comes_before_the_place() -> None:
    assert best_visit((0, 0), CABLE, 0.5, STAFF).engineer != "Other"
    with pytest.raises(NotFound, match="home installation"):
        best_visit((0, 0), HOME, 0.5, STAFF)


def test_what_is_urgent_gets_who_is_there_first_and_else_who_has_the_shortest_way() -> None:
    assert best_visit((0, 0), CABLE, 1.0, STAFF).engineer == "Far"
    assert best_visit((0, 0), CABLE, 0.0, STAFF).engineer == "Near"


def test_an_engineer_with_a_visit_is_free_later_and_the_same_task_books_once(tmp_path: Path) -> None:
    plant = Plant.create(tmp_path / "plant")
    first = book(plant, "task-1", "case", (0, 0), HOME, 0.0)
    assert book(plant, "task-1", "case", (0, 0), HOME, 0.0) == first
    assert len(plant.effects("booked", "case")) == 1
    second = book(plant, "task-2", "other", (0, 0), HOME, 0.0)
    assert second.engineer != first.engineer or second.arrives >= first.arrives + VISIT_MINUTES
