"""Schedules: the same for the same seed, within the time, and of what the domains have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.chaos.scenarios import SCENARIOS, make_plan
from overlay.errors import BadInput


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(sorted(SCENARIOS)),
    st.integers(1, 10**6),
    st.floats(5, 600),
    st.integers(min_value=2, max_value=3),
)
def test_a_schedule_can_be_repeated_and_leaves_time_to_recover(
    scenario: str, seed: int, seconds: float, domains: int
) -> None:
    plan = make_plan(scenario, seed=seed, seconds=seconds, rate=10, domains=domains)

    assert plan == make_plan(scenario, seed=seed, seconds=seconds, rate=10, domains=domains)
    assert plan.steps
    for step in plan.steps:
        assert step.at_s > 0
        assert step.at_s + step.for_s <= max(0.97 * seconds, 0.8 * seconds + 1)
        assert 0 <= step.domain < domains


def test_another_seed_makes_another_series() -> None:
    series = {make_plan("random", seed=seed, seconds=60, rate=10, domains=2).steps for seed in range(1, 9)}

    assert len(series) == 8


def test_an_unknown_scenario_is_refused_with_advice() -> None:
    with pytest.raises(BadInput, match="overlay chaos list"):
        make_plan("kill-everybody", seed=1, seconds=10, rate=10, domains=2)
