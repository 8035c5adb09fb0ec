"""Order within a stream: what comes ahead of its turn waits, within bounds, and nothing is dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.endpoint.arriving import Place
from overlay.endpoint.numbering import Numbering
from overlay.endpoint.order import Order
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority

ALICE = PartyId.parse("alice@a.example")
WAIT_S = 10.0


@dataclass
class Received:
    """An order, what it let through, and its counters."""

    most: int = 100

    def __post_init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.order: Order[int] = Order(WAIT_S, self.most, 100, self.counters, "order")
        self.through: list[int] = []
        self.back: list[int] = []

    def come(
        self,
        *numbers: int,
        oldest: int = 1,
        now: float = 0.0,
        stream: int = 7,
        gone: tuple[int, ...] = (),
    ) -> None:
        for number in numbers:
            place = Place(ALICE, stream, number, oldest, gone)
            if self.order.passes(place):
                self.through.append(number)
                continue
            if not self.order.knows(place):
                self.order.begin(place, oldest)
            self.through += self.order.put(place, number, now)
            self.back += self.order.give_back()


def test_what_comes_ahead_of_its_turn_waits_for_it() -> None:
    received = Received()
    received.come(1, 4, 3)
    assert received.through == [1]
    received.come(2)
    assert (received.through, received.order.held) == ([1, 2, 3, 4], 0)


def test_what_its_sender_says_will_not_come_is_not_waited_for() -> None:
    received = Received()
    received.come(1, 3)
    received.come(4, oldest=3)
    assert received.through == [1, 3, 4]


def test_a_gap_that_does_not_close_in_time_is_passed_over_and_counted() -> None:
    received = Received()
    received.come(1, 3, 4, 6)
    assert received.order.next_due() == WAIT_S
    assert received.order.due(WAIT_S) == [3, 4]
    received.come(2, now=WAIT_S)
    assert received.through == [1, 2]  # late, and not dropped
    assert (received.counters["order-gap-passed"], received.counters["order-late"]) == (1, 1)
    later = received.order.next_due()
    assert later is not None
    assert received.order.due(later) == [6]
    assert received.order.next_due() is None


def test_when_too_many_wait_the_furthest_ahead_goes_back_and_the_gap_stays_open() -> None:
    received = Received(most=3)
    received.come(2, stream=1)
    received.come(4, 3, 2, stream=2)
    assert (received.through, received.back, received.order.held) == ([], [4], 3)
    received.come(1, 4, stream=2)
    assert received.through == [1, 2, 3, 4]
    assert received.counters["order-given-back"] == 1


def test_a_gap_behind_which_all_were_given_back_is_passed_over_in_time_all_the_same() -> None:
    received = Received(most=1)
    received.come(2, stream=1)
    received.come(2, stream=2, now=5.0)
    assert (received.back, received.order.next_due()) == ([2], WAIT_S + 5.0)  # that of stream 1
    received.come(2, stream=1, now=8.0)
    assert received.order.next_due() == WAIT_S


def test_where_nothing_can_be_given_back_the_stream_with_the_most_goes_on() -> None:
    order: Order[int] = Order(WAIT_S, 3, 100, Counter(), "order")
    for stream, number in ((1, 2), (2, 2), (2, 3), (2, 4)):
        place = Place(ALICE, stream, number, 1)
        if not order.knows(place):
            order.begin(place, 1)
        assert order.put(place, number, 0.0) == []
    assert order.relieve(0.0) == [2, 3, 4]


def test_what_its_sender_gave_up_is_not_waited_for_though_an_earlier_one_is_open() -> None:
    received = Received()
    received.come(1, 3)
    received.come(8, gone=(4, 4, 6, 7))
    received.come(2)
    assert received.through == [1, 2, 3]
    received.come(5)
    assert received.through == [1, 2, 3, 5, 8]
    received.come(6)  # it was stored after all
    assert (received.through[-1], received.counters["order-late"]) == (6, 1)


def test_one_that_is_given_again_goes_through_and_is_not_called_late() -> None:
    received = Received()
    received.come(1, 2, 1)
    assert received.through == [1, 2, 1]
    assert received.counters["order-late"] == 0


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(1, 13)), st.sets(st.integers(1, 12), max_size=4), st.integers(1, 12))
def test_in_any_order_of_arrival_each_goes_through_once(
    arriving: list[int], lost: set[int], most: int
) -> None:
    received = Received(most=most)
    received.come(*[number for number in arriving if number not in lost])
    now = 0.0
    while received.back or received.order.held:
        again, received.back = received.back, []
        received.come(*again, now=now)
        now += 1.0
        received.through += received.order.due(now)
    assert sorted(received.through) == sorted(set(arriving) - lost)
    if not lost:
        assert received.through == sorted(received.through)


def test_numbers_count_by_lane_and_the_oldest_open_one_is_known() -> None:
    numbering = Numbering(10)
    stream = numbering.next(ALICE, Class.RELIABLE, Priority.HIGH)
    for _ in range(3):
        numbering.next(ALICE, Class.RELIABLE, Priority.HIGH)
    assert (stream.last, stream.oldest) == (4, 1)
    numbering.settled(ALICE, Priority.HIGH, 2)
    numbering.settled(ALICE, Priority.HIGH, 1)
    assert stream.oldest == 3
    for _ in range(5):
        numbering.next(ALICE, Class.RELIABLE, Priority.HIGH)
    for number in (5, 6, 8):
        numbering.settled(ALICE, Priority.HIGH, number, given_up=True)
    assert stream.gone == (5, 6, 8, 8)
    numbering.settled(ALICE, Priority.HIGH, 3)
    numbering.settled(ALICE, Priority.HIGH, 4)
    oldest, gone = stream.oldest, stream.gone
    assert (oldest, list(gone)) == (7, [8, 8])
    other = numbering.next(ALICE, Class.REALTIME, Priority.HIGH)
    assert (other.last, other.id == stream.id) == (1, False)
