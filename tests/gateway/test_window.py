"""Windows and batches: nothing lost, nothing twice, nothing unbounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.frames.frame import Heartbeat
from bridges.frames.outgoing import Outgoing
from bridges.frames.window import Arrivals, FrameCredit, Window
from overlay.errors import BadEnvelope
from overlay.settings import Settings
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


def test_a_rate_cap_lets_a_burst_pass_and_then_the_rate() -> None:  # GW-15
    cap = TokenBucket(10.0, 10.0, 0.0)
    assert sum(cap.take(0.0) for _ in range(20)) == 10
    assert sum(cap.take(0.5) for _ in range(20)) == 5


def test_a_peer_that_takes_nothing_and_asks_on_does_not_fill_our_memory() -> None:  # GW-15
    outgoing = Outgoing(Settings(link_pending_items=3))
    assert [outgoing.post(Heartbeat()) for _ in range(4)] == [True, True, True, False]
