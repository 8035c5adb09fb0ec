"""Windows and batches: nothing lost, nothing twice, nothing unbounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.frames.batch import Batch
from bridges.frames.window import Arrivals, FrameCredit, Window
from overlay.errors import BadEnvelope
from overlay.naming.subjects import Priority
from overlay.token_bucket import TokenBucket

steps = st.lists(st.tuples(st.sampled_from(["send", "settle", "back"]), st.integers(0, 30)), max_size=60)


@settings(deadline=None, max_examples=100)
@given(steps)
def test_every_message_leaves_a_window_exactly_once(script: list[tuple[str, int]]) -> None:
    window: Window[int] = Window(10)
    left: list[int] = []
    sent = 0
    for step, number in script:
        if step == "send" and window.room:
            sent += 1
            assert window.add(sent, float(sent)) == sent
        elif step == "settle":
            failures = [(number, "refused")] if 0 < number <= sent else []
            done, failed = window.settle(min(number, sent), failures)
            left += done + [item for item, _ in failed]
        elif step == "back":
            left += window.give_back(float(number))
    left += window.drain()
    assert sorted(left) == list(range(1, sent + 1))
    assert len(window) == 0


def test_a_peer_cannot_acknowledge_what_was_not_sent() -> None:
    window: Window[str] = Window(10)
    window.add("one", 0.0)
    with pytest.raises(BadEnvelope):
        window.settle(2, ())
    with pytest.raises(BadEnvelope):
        window.settle(0, [(2, "refused")])
    with pytest.raises(BadEnvelope):
        FrameCredit(4).acknowledged(1, 0)


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(1, 9)))
def test_messages_are_acknowledged_up_to_the_first_that_is_not_settled(order: list[int]) -> None:
    arrivals = Arrivals()
    for number in range(1, 9):
        arrivals.begin(number)
    settled: set[int] = set()
    for number in order:
        arrivals.settled(number)
        settled.add(number)
        assert set(range(1, arrivals.upto + 1)) <= settled
        assert arrivals.upto + 1 not in settled


def test_a_number_that_is_not_the_next_is_refused() -> None:
    arrivals = Arrivals()
    arrivals.begin(1)
    for number in (1, 3):
        with pytest.raises(BadEnvelope):
            arrivals.begin(number)


def batch(**changes: float) -> Batch[int]:
    return Batch(
        items=int(changes.get("items", 10)),
        size=int(changes.get("size", 1000)),
        wait_s=0.5,
        pending_items=int(changes.get("pending_items", 100)),
        pending_bytes=10_000,
    )


arriving = st.lists(st.tuples(st.sampled_from(Priority), st.integers(1, 3000)), max_size=60)


@settings(deadline=None, max_examples=100)
@given(arriving)
def test_batches_are_bounded_keep_order_within_a_priority_and_lose_nothing(
    given_: list[tuple[Priority, int]],
) -> None:
    waiting = batch()
    taken: list[int] = []
    accepted = [
        number for number, (priority, size) in enumerate(given_) if waiting.offer(number, size, priority, 0.0)
    ]
    while len(waiting):
        frame = waiting.take(0.0)
        assert frame
        assert len(frame) <= 10
        assert len(frame) == 1 or sum(given_[number][1] for number in frame) <= 1000
        taken += frame
    assert sorted(taken) == accepted
    for priority in Priority:
        of_it = [number for number in taken if given_[number][0] is priority]
        assert of_it == sorted(of_it)


def test_the_critical_go_first_and_bulk_is_not_starved() -> None:  # GW-13
    waiting = batch(items=30, size=100_000)
    for number in range(60):
        waiting.offer(number, 1, Priority.BULK if number < 30 else Priority.CRITICAL, 0.0)
    frame = waiting.take(0.0)
    assert frame[:8] == list(range(30, 38))
    assert 0 < sum(number < 30 for number in frame) < 6


def test_a_batch_waits_for_more_only_on_a_busy_link_and_never_when_full() -> None:
    waiting = batch()
    waiting.offer(0, 1, Priority.NORMAL, 0.0)
    assert waiting.wait_s(0.0) == 0.0
    for number in range(9):
        waiting.offer(number, 1, Priority.NORMAL, 0.0)
    waiting.take(0.0)
    waiting.offer(0, 1, Priority.NORMAL, 1.0)
    assert waiting.wait_s(1.25) == 0.25
    for number in range(9):
        waiting.offer(number, 1, Priority.NORMAL, 1.0)
    assert waiting.wait_s(1.25) == 0.0


def test_a_full_batch_takes_nothing_more() -> None:  # GW-15
    waiting = batch(pending_items=2)
    assert [waiting.offer(number, 1, Priority.NORMAL, 0.0) for number in range(3)] == [True, True, False]


def test_a_rate_cap_lets_a_burst_pass_and_then_the_rate() -> None:  # GW-15
    cap = TokenBucket(10.0, 10.0, 0.0)
    assert sum(cap.take(0.0) for _ in range(20)) == 10
    assert sum(cap.take(0.5) for _ in range(20)) == 5
