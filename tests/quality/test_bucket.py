"""A shared cap: never more than it says, nothing of it wasted, and a share for everybody."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import Overloaded
from overlay.quality.bucket import SharedBucket, pass_all

asks = st.lists(
    st.tuples(st.floats(0.0, 0.3), st.sampled_from("abc"), st.integers(1, 400), st.integers(1, 5)),
    min_size=1,
    max_size=150,
)


@settings(deadline=None, max_examples=60)
@given(asks, st.floats(10, 1000), st.floats(10, 1000))
def test_over_no_span_more_passes_than_rate_and_burst(  # GW-15
    script: list[tuple[float, str, int, int]], rate: float, burst: float
) -> None:
    bucket, now = SharedBucket("domain", rate, burst, 0.0), 0.0
    passed: list[tuple[float, int]] = []
    for pause, sharer, cost, weight in script:
        now += pause
        if not bucket.wait_s(cost, now, sharer, weight):
            bucket.take(cost, sharer)
            passed.append((now, cost))
    largest = max((cost for _, cost in passed), default=0)
    for first in range(len(passed)):
        total = 0.0
        for at, cost in passed[first:]:
            total += cost
            assert total <= rate * (at - passed[first][0]) + bucket.burst + largest + 1e-6


@settings(deadline=None, max_examples=12)
@given(st.integers(1, 10), st.integers(50, 500), st.integers(1, 5))
def test_greedy_sharers_leave_a_modest_one_its_share(greedy: int, rate: int, weight: int) -> None:  # GW-22
    bucket = SharedBucket("domain", rate, rate, 0.0)
    passed: Counter[str] = Counter()
    asked, due = 0, 0.0
    bucket.wait_s(1, 0.0, "modest", weight)
    share = 0.9 * rate * weight / (greedy + weight)
    for tick in range(300):
        now = tick / 50
        for number in range(greedy):
            for _ in range(2 * rate // 50 + 1):
                if not bucket.wait_s(1, now, f"greedy-{number}"):
                    bucket.take(1, f"greedy-{number}")
                    passed["greedy"] += 1
        due += 0.8 * share / 50
        while asked < int(due):
            asked += 1
            if not bucket.wait_s(1, now, "modest", weight):
                bucket.take(1, "modest")
                passed["modest"] += 1
    assert passed["modest"] >= 0.9 * asked - 2
    assert passed.total() >= 0.9 * rate * 6  # nothing is wasted


def test_what_an_idle_sharer_leaves_another_uses() -> None:  # GW-22
    bucket = SharedBucket("domain", 100, 10, 0.0)
    passed = 0
    for tick in range(1000):
        now = tick / 100
        if tick % 50 == 0 and not bucket.wait_s(1, now, "quiet", 10):
            bucket.take(1, "quiet")
        for _ in range(3):
            if not bucket.wait_s(1, now, "busy"):
                bucket.take(1, "busy")
                passed += 1
    assert passed >= 950


def test_it_says_for_how_long_and_then_it_passes() -> None:  # GW-15
    bucket = SharedBucket("domain", 10, 10, 0.0)
    for _ in range(10):
        pass_all(((bucket, "a", 1, False),), 100, 0.0, "alice")
    with pytest.raises(Overloaded, match="domain") as refused:
        pass_all(((bucket, "a", 1, False),), 100, 0.0, "alice")
    assert 0 < refused.value.retry_after_s <= 0.2
    pass_all(((bucket, "a", 1, False),), 100, refused.value.retry_after_s + 1e-9, "alice")


def test_a_message_passes_all_caps_or_is_counted_at_none() -> None:
    wide, narrow = SharedBucket("domain", 100, 100, 0.0), SharedBucket("alice", 1, 1, 0.0)
    steps = ((narrow, "", 1, False), (wide, "alice", 1, False))
    pass_all(steps, 10, 0.0, "alice")
    with pytest.raises(Overloaded, match="alice"):
        pass_all(steps, 10, 0.0, "alice")
    assert wide.left(0.0) == 99


def test_one_that_is_larger_than_the_burst_passes_and_is_paid_for() -> None:
    bucket = SharedBucket("bytes", 1000, 1000, 0.0)
    pass_all(((bucket, "", 1, True),), 5000, 0.0, "alice")
    with pytest.raises(Overloaded) as refused:
        pass_all(((bucket, "", 1, True),), 1, 0.0, "alice")
    assert 4.0 <= refused.value.retry_after_s < 4.1
