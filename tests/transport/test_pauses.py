"""After a broker's restart everybody comes back, but not at one instant."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.settings import Settings
from overlay.transport.pauses import LONGEST, Pauses, pause_s

FIRST_S = Settings().reconnect_wait_s
LONGEST_S = LONGEST * FIRST_S


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.floats(0.001, 60), st.integers(1, 100), st.floats(0, 1))
def test_a_pause_is_never_none_and_never_longer_than_it_may_be(
    attempt: int, first_s: float, longest: int, draw: float
) -> None:
    assert 0 < pause_s(attempt, first_s, longest * first_s, draw) <= longest * first_s * 1.000001


def test_a_thousand_agents_spread_over_the_whole_pause_at_each_attempt() -> None:
    draws = random.Random(4711)
    for attempt in range(8):
        most = min(FIRST_S * 2**attempt, LONGEST_S)
        pauses = [pause_s(attempt, FIRST_S, LONGEST_S, draws.random()) for _ in range(1000)]
        tenths = Counter(min(int(10 * pause / most), 9) for pause in pauses)
        assert set(tenths) == set(range(10))
        assert max(tenths.values()) < 150


async def test_the_last_pause_ends_at_the_limit() -> None:
    pauses = Pauses(Settings(reconnect_wait_s=60, reconnect_limit_s=0.01))
    await pauses.next()
    assert pauses.over
