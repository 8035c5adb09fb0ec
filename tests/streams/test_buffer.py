"""Frames in order, in time, and each accounted for once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.streams.buffer import JitterBuffer
from overlay.streams.frame import Frame

LATE, GAP = 0.2, 0.05


def frame(number: int) -> Frame:
    return Frame(b"x", number, 0.0)


def numbers(buffer: JitterBuffer, now: float) -> list[int]:
    """What it gives out at this time."""
    given = []
    while (one := buffer.take(now)) is not None:
        given.append(one.number)
    return given


def test_frames_that_overtook_others_wait_for_them() -> None:  # AG-8
    buffer = JitterBuffer(10, GAP)
    for number in (3, 2):
        buffer.put(frame(number), LATE, 0.0)
    assert numbers(buffer, 0.0) == []
    buffer.put(frame(1), LATE, 0.01)
    assert numbers(buffer, 0.01) == [1, 2, 3]


def test_a_missing_one_is_waited_for_no_longer_than_the_gap_and_said() -> None:  # AG-8
    buffer = JitterBuffer(10, GAP)
    buffer.put(frame(1), LATE, 0.0)
    assert numbers(buffer, 0.0) == [1]
    buffer.put(frame(4), LATE, 0.0)
    assert buffer.take(0.0) is None
    due = buffer.wake_at(0.0)
    assert due == GAP
    given = buffer.take(due)
    assert given is not None
    assert (given.number, given.missing) == (4, 2)
    buffer.put(frame(2), LATE, due)  # too late: what came after it was given out
    assert numbers(buffer, due) == []
    assert (buffer.tally.lost, buffer.tally.late) == (1, 1)


def test_what_is_too_old_is_dropped_when_it_comes_and_when_it_is_asked_for() -> None:  # AG-8
    buffer = JitterBuffer(10, GAP)
    buffer.put(frame(1), LATE, LATE + 0.01)
    buffer.put(frame(2), 2 * LATE, LATE + 0.01)
    buffer.put(frame(3), 9 * LATE, LATE + 0.01)
    given = buffer.take(3 * LATE)
    assert given is not None
    assert (given.number, given.missing) == (3, 2)
    assert (buffer.tally.late, buffer.tally.dropped) == (1, 1)


def test_of_too_many_the_oldest_go() -> None:  # AG-8
    buffer = JitterBuffer(3, GAP)
    for number in range(1, 8):
        buffer.put(frame(number), LATE, 0.0)
    assert len(buffer) == 3
    assert numbers(buffer, 0.0) == [5, 6, 7]
    assert buffer.tally.dropped == 4


def test_an_impossible_number_moves_nothing() -> None:  # GW-18
    buffer = JitterBuffer(3, GAP)
    buffer.put(frame(1 << 60), LATE, 0.0)
    buffer.put(frame(1), LATE, 0.0)
    assert numbers(buffer, 1.0 - LATE) in ([1], [])
    assert buffer.tally.lost == 0


arrivals = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60), st.booleans()), min_size=1, max_size=80)


@settings(deadline=None, max_examples=100)
@given(arrivals, st.integers(1, 20), st.integers(0, 1))
def test_order_holds_none_is_old_and_each_is_counted_once(
    came: list[tuple[int, int, bool]], most: int, first: int
) -> None:  # AG-8
    """Whatever comes in whatever order, twice, late or never, and whenever the application asks."""
    buffer, now, given = JitterBuffer(most, GAP, first), 0.0, list[Frame]()
    deadlines: dict[int, float] = {}
    for number, pause, ask in came:
        now += pause / 1000
        deadlines.setdefault(number, number * 0.01 + LATE)
        buffer.put(frame(number), deadlines[number], now)
        while ask and (one := buffer.take(now)) is not None:
            assert now <= deadlines[one.number]
            given.append(one)
        assert len(buffer) <= most
    while len(buffer):
        now = max(now, buffer.wake_at(now) or now)
        one = buffer.take(now)
        if one is not None:
            given.append(one)
    order = [one.number for one in given]
    assert order == sorted(set(order))
    tally = buffer.tally
    assert tally.received == len(given)
    counted = tally.received + tally.late + tally.lost + tally.dropped
    if first == 1:
        assert counted == max(deadlines)
        assert tally.received + tally.late + tally.dropped <= len(deadlines)
