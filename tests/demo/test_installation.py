"""Planning, resources, and the judge of an installation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.broadband.plant import Plant
from examples.installation.inventory import LINKS, Inventory
from examples.installation.planning import CORE, data_of, hops, shortest_path
from examples.installation.wishes import STREETS, intent_of
from examples.installation.words import DOMAINS, Allocation
from examples.installation.words import Path as Way
from overlay.errors import BadInput, Refused


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(set(STREETS.values()))), st.integers(1, 12_000), st.data())
def test_a_path_goes_over_links_with_room_and_is_found_where_there_is_one(
    node: str, mbps: int, data: st.DataObject
) -> None:
    free = {link: data.draw(st.integers(0, most)) for link, most in LINKS.items()}
    path = shortest_path(free, node, CORE, mbps)
    roomy = {link for link, room in free.items() if room >= mbps}
    if path is None:
        reached = {node}
        for _ in LINKS:
            reached |= {end for link in roomy if reached & set(link) for end in link}
        assert CORE not in reached
    else:
        assert (path[0], path[-1]) == (node, CORE)
        assert all(link in roomy or link[::-1] in roomy for link in hops(path))


def test_a_wish_becomes_an_intent_or_says_what_is_missing() -> None:
    intent = intent_of("We move to Oak Street and want 1 gigabit, and a telephone")
    assert (intent.street, intent.mbps, intent.telephone) == ("oak", 1000, True)
    assert intent_of("Fast internet for four people in Mill Street").mbps == 600
    with pytest.raises(BadInput, match="no street that has fibre"):
        intent_of("internet in Nowhere Lane")


def test_nothing_is_allocated_twice_and_what_is_released_is_free_again(tmp_path: Path) -> None:
    inventory = Inventory(Plant.create(tmp_path / "plant"))
    before = inventory.free()
    way = Way(["olt-1", "agg-1", CORE], 100)
    wanted = [Allocation(f"order-{number}", intent_of("oak"), way) for number in range(5)]
    plans = [inventory.allocate(f"task-{one.order}", one) for one in wanted[:4]]
    assert inventory.allocate("task-order-0", wanted[0]) == plans[0]
    assert len({(plan.elements[0], plan.port) for plan in plans}) == len({plan.vlan for plan in plans}) == 4
    with pytest.raises(Refused, match="no port"):
        inventory.allocate("task-order-4", wanted[4])
    for number, plan in enumerate(plans):
        inventory.release(f"release-{number}", plan)
        inventory.release(f"release-{number}", plan)
    assert inventory.free() == before
    inventory.allocate("task-order-4", wanted[4])


def test_a_service_works_when_all_elements_hold_what_was_planned_and_not_before(tmp_path: Path) -> None:
    inventory = Inventory(Plant.create(tmp_path / "plant"))
    plan = inventory.allocate("a", Allocation("2001", intent_of("oak"), Way(["olt-1", "agg-1", CORE], 100)))
    inventory.mount("m", "2001")
    for again in (1, 2):  # an element may lose something of what it is told first
        for domain in DOMAINS:
            for element, data in data_of(domain, plan).items():
                inventory.apply(f"{again} {element}", "2001", element, data)
    assert inventory.works("2001")
    inventory.clear("c", "2001", "olt-1")
    assert not inventory.works("2001")
