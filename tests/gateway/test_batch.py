"""What waits for a link: the important first, fair among senders, and what has to go when it is full."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.frames.batch import SHARES, Batch
from bridges.frames.room import Room
from overlay.naming.subjects import Priority


def batch(**changes: float) -> Batch[int]:
    return Batch(
        items=int(changes.get("items", 10)),
        size=int(changes.get("size", 1000)),
        wait_s=0.5,
        pending_items=int(changes.get("pending_items", 100)),
        pending_bytes=int(changes.get("pending_bytes", 10_000)),
    )


def taken_of(waiting: Batch[str], frames: int) -> Counter[str]:
    return Counter(sender for _ in range(frames) for sender in waiting.take(0.0))


arriving = st.lists(
    st.tuples(st.sampled_from(Priority), st.integers(1, 3000), st.sampled_from("abc"), st.integers(1, 4)),
    max_size=80,
)


@settings(deadline=None, max_examples=100)
@given(arriving, st.integers(3, 60))
def test_batches_are_bounded_keep_the_order_of_a_sender_and_lose_nothing(
    given_: list[tuple[Priority, int, str, int]], room: int
) -> None:
    waiting = batch(pending_items=room)
    accepted = []
    for number, (priority, size, sender, weight) in enumerate(given_):
        if waiting.offer(number, size, priority, 0.0, sender, weight):
            accepted.append(number)
        assert len(waiting) <= room
    taken: list[int] = []
    while len(waiting):
        frame = waiting.take(0.0)
        assert frame
        assert len(frame) <= 10
        assert len(frame) == 1 or sum(given_[number][1] for number in frame) <= 1000
        taken += frame
    assert sorted([*taken, *waiting.shed()]) == accepted
    for priority in Priority:
        for sender in "abc":
            of_it = [one for one in taken if (given_[one][0], given_[one][2]) == (priority, sender)]
            assert of_it == sorted(of_it)


def test_the_critical_go_first_and_bulk_is_not_starved() -> None:  # GW-13
    waiting = batch(items=30, size=100_000)
    for number in range(60):
        waiting.offer(number, 1, Priority.BULK if number < 30 else Priority.CRITICAL, 0.0)
    frame = waiting.take(0.0)
    assert frame[:8] == list(range(30, 38))
    assert 0 < sum(number < 30 for number in frame) < 6


def test_bulk_has_its_turn_even_where_every_item_fills_a_frame() -> None:  # GW-13
    waiting: Batch[str] = Batch(items=10, size=10, wait_s=0.0, pending_items=100, pending_bytes=10_000)
    for number in range(60):
        waiting.offer(
            "bulk" if number % 2 else "critical", 100, Priority("bulk" if number % 2 else "critical"), 0.0
        )
    assert taken_of(waiting, 18) == {"critical": 16, "bulk": 2}


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


def test_a_full_batch_takes_nothing_more_of_the_same() -> None:  # GW-15
    waiting = batch(pending_items=2)
    assert [waiting.offer(number, 1, Priority.NORMAL, 0.0) for number in range(3)] == [True, True, False]
    assert waiting.shed() == []


def test_the_newest_bulk_of_the_heaviest_sender_makes_room_for_the_critical() -> None:  # GW-13
    waiting: Batch[str] = Batch(items=10, size=100, wait_s=0.0, pending_items=30, pending_bytes=10_000)
    for number in range(30):
        sender = "greedy" if number % 3 else "modest"
        waiting.offer(f"{sender} {number}", 1, Priority.BULK, 0.0, sender)
    assert waiting.offer("critical", 1, Priority.CRITICAL, 0.0, "anna")
    assert waiting.shed() == ["greedy 29"]
    assert waiting.take(0.0)[0] == "critical"


def test_those_below_keep_their_share_of_the_room_whatever_comes_above_them() -> None:  # GW-13
    waiting: Batch[str] = Batch(items=10, size=100, wait_s=0.0, pending_items=150, pending_bytes=100_000)
    for _ in range(150):
        waiting.offer("bulk", 1, Priority.BULK, 0.0, "greedy")
    for _ in range(1000):
        waiting.offer("critical", 1, Priority.CRITICAL, 0.0, "anna")
    assert Counter(waiting.drain()) == {"bulk": 10, "critical": 140}


def test_a_priority_within_its_share_of_the_room_gets_in_from_below() -> None:  # GW-13
    waiting: Batch[str] = Batch(items=10, size=100, wait_s=0.0, pending_items=150, pending_bytes=100_000)
    for _ in range(150):
        waiting.offer("critical", 1, Priority.CRITICAL, 0.0, "anna")
    assert [waiting.offer("bulk", 1, Priority.BULK, 0.0, "ben") for _ in range(11)] == [True] * 10 + [False]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 8), st.integers(2, 10), st.integers(50, 700), st.sampled_from(Priority))
def test_among_greedy_senders_a_modest_one_gets_its_share(  # GW-15
    greedy: int, burst: int, size: int, priority: Priority
) -> None:
    """The link takes ten at a time, and the modest one offers its share of them, or less."""
    waiting: Batch[str] = Batch(items=10, size=10_000, wait_s=0.0, pending_items=1000, pending_bytes=10**6)
    turns, taken = 200, 0
    for turn in range(turns):
        for number in range(greedy):
            for _ in range(10 * burst):
                waiting.offer(f"greedy-{number}", size, priority, 0.0, f"greedy-{number}")
        if turn % (greedy + 1) == 0:
            for _ in range(10):
                waiting.offer("modest", size, priority, 0.0, "modest")
        taken += waiting.take(0.0).count("modest")
    share, granularity = 10 * turns // (greedy + 1), 2048 // size + 10
    assert taken >= share - 2 * granularity
    assert taken <= share + granularity


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(100, 500))
def test_senders_share_by_weight(weight: int, size: int) -> None:  # GW-15
    waiting: Batch[str] = Batch(
        items=1000, size=400_000, wait_s=0.0, pending_items=10**5, pending_bytes=10**8
    )
    for _ in range(4000):
        waiting.offer("heavy", size, Priority.NORMAL, 0.0, "heavy", weight)
        waiting.offer("light", size, Priority.NORMAL, 0.0, "light")
    taken = taken_of(waiting, 1)
    assert abs(taken["heavy"] - weight * taken["light"]) <= 2 * (weight + 1) * (2048 // size + 2)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(16, 512), st.sampled_from(Priority))
def test_greedy_senders_share_a_window_and_leave_something_for_another(  # GW-15
    greedy: int, limit: int, priority: Priority
) -> None:
    room = Room(limit)
    held: Counter[str] = Counter()
    for _ in range(limit):
        for number in range(greedy):
            held[f"{number}"] += room.take(f"{number}", priority)
    assert sum(held.values()) <= limit
    assert max(held.values()) - min(held.values()) <= 1
    assert greedy > limit // 16 or room.take("modest", priority)


def test_bulk_alone_leaves_a_part_of_the_window_to_what_matters_more() -> None:  # GW-13
    room = Room(128)
    while room.take("greedy", Priority.BULK):
        pass
    assert sum(room.take("anna", Priority.CRITICAL) for _ in range(100)) >= 128 // 4
    for _ in range(40):
        room.leave("greedy")
    assert room.take("anna", Priority.CRITICAL)


def test_every_priority_has_a_share() -> None:
    assert set(SHARES) == set(Priority)
