"""Holding back: halved by a refusal, a little more each second, and soon as before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import Overloaded
from overlay.quality.pacing import Pacing
from overlay.settings import Settings


class Steady:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pacing(**changes: float) -> tuple[Pacing[str], Steady]:
    steady = Steady()
    return Pacing(Settings.model_validate({"pace_least_per_s": 1, **changes}), steady), steady


def test_nothing_is_held_back_before_a_refusal_and_only_who_refused_after_it() -> None:  # GW-15
    pace, _ = pacing()
    assert [pace.turn("bob", 1.0) for _ in range(100)] == [0.0] * 100
    pace.refused("bob", 0.5)
    assert pace.turn("bob", 1.0) == 0.5
    assert pace.turn("carol", 1.0) == 0.0


def test_what_would_wait_for_too_long_is_refused_here_and_says_for_how_long() -> None:  # GW-15
    pace, steady = pacing()
    pace.turn("bob", 1.0)
    pace.refused("bob", 5.0)
    with pytest.raises(Overloaded, match="bob") as refused:
        pace.turn("bob", 1.0)
    assert refused.value.retry_after_s == 5.0
    steady.now = 5.0
    assert pace.turn("bob", 1.0) == 0.0


def test_refusals_of_one_crowd_count_once_and_later_ones_halve_again() -> None:
    pace, steady = pacing(pace_more_per_s=0.001)
    for _ in range(400):
        pace.turn("bob", 1.0)
        steady.now += 0.001
    for _ in range(10):
        pace.refused("bob", 0.1)
    once = pace.held_back("bob")
    steady.now += 1.0
    pace.turn("bob", 1.0)
    pace.refused("bob", 0.1)
    assert 400 < once < 600
    assert pace.held_back("bob") <= once / 2 + 1


def test_without_refusals_it_is_soon_as_before() -> None:
    pace, steady = pacing(pace_more_per_s=50)
    for _ in range(100):
        pace.turn("bob", 1.0)
    pace.refused("bob", 0.1)
    for _ in range(400):
        steady.now += 0.1
        pace.turn("bob", 1.0)
    assert pace.held_back("bob") == 0.0


@settings(deadline=None, max_examples=15)
@given(st.integers(5, 100), st.integers(200, 1000))
def test_a_sender_settles_near_what_a_receiver_takes(takes: int, tries: int) -> None:  # GW-15
    """A receiver that takes so many a second, and a sender that would send ten times as many and more."""
    pace, steady = pacing(pace_more_per_s=takes / 2)
    tokens, last, refused, sent, free = float(takes), 0.0, 0, 0, 0.0
    while steady.now < 30.0:
        steady.now = max(steady.now + 1 / tries, free)
        free = steady.now + pace.turn("bob", 60.0)
        steady.now = max(steady.now, free)
        tokens = min(takes, tokens + (steady.now - last) * takes)
        last = steady.now
        if tokens >= 1:
            tokens -= 1
            sent += 1
        else:
            refused += 1
            pace.refused("bob", 1 / takes)
    assert sent >= 30 * takes / 2
    assert refused <= sent / 4 + 10


def test_how_many_are_remembered_is_bounded() -> None:
    pace, _ = pacing(peers_counted=10)
    for number in range(100):
        pace.refused(f"agent-{number}", 1.0)
    assert sum(pace.held_back(f"agent-{number}") > 0 for number in range(100)) == 10
