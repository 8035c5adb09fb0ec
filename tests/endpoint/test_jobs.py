"""What waits for a handler: the important first, nobody starved."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.endpoint.jobs import Jobs
from overlay.naming.subjects import Priority


def test_a_critical_job_passes_those_that_wait_and_bulk_has_its_turn() -> None:  # GW-13
    jobs: Jobs[str] = Jobs()
    for _ in range(100):
        jobs.put("bulk", Priority.BULK)
    for _ in range(100):
        jobs.put("critical", Priority.CRITICAL)
    taken = [jobs.take() for _ in range(18)]
    assert taken[0] == "critical"
    assert taken.count("bulk") == 2


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(Priority), max_size=50))
def test_all_are_taken_in_order_within_their_priority(given_: list[Priority]) -> None:
    jobs: Jobs[int] = Jobs()
    for number, priority in enumerate(given_):
        jobs.put(number, priority)
    taken = [jobs.take() for _ in range(len(jobs))]
    assert sorted(taken) == list(range(len(given_)))
    for priority in Priority:
        of_it = [number for number in taken if given_[number] is priority]
        assert of_it == sorted(of_it)
