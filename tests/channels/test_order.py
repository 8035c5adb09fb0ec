"""The order of one sender's messages."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.channels.order import Order


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(2, 12)))
def test_what_overtook_each_other_is_given_out_in_order(rest: list[int]) -> None:  # GW-9
    order: Order[int] = Order(wait_s=10, limit=100, senders=10)
    given_out = []
    for number in (1, *rest):
        ready, late = order.take("alice", number, number, now=0.0)
        assert not late
        given_out += ready
    assert given_out == list(range(1, 12))
    assert order.next_due is None


def test_a_gap_is_waited_for_and_then_passed_over() -> None:
    order: Order[int] = Order(wait_s=1, limit=100, senders=10)
    assert order.take("alice", 5, 5, now=0.0) == ([5], False)
    assert order.take("alice", 7, 7, now=0.0) == ([], False)
    assert order.due(0.5) == []
    assert order.next_due == 1.0
    assert order.due(1.0) == [7]
    assert order.take("alice", 6, 6, now=1.0) == ([], True)


def test_who_waits_does_not_hold_up_others() -> None:
    order: Order[int] = Order(wait_s=1, limit=100, senders=10)
    order.take("alice", 1, 1, now=0.0)
    order.take("alice", 3, 3, now=0.0)
    assert order.take("bob", 9, 9, now=0.0) == ([9], False)


def test_what_waits_and_who_is_remembered_is_bounded() -> None:
    order: Order[int] = Order(wait_s=1, limit=2, senders=1)
    order.take("alice", 1, 1, now=0.0)
    assert order.take("alice", 3, 3, now=0.0)[0] == []
    assert order.take("alice", 5, 5, now=0.0)[0] == []
    assert order.take("alice", 7, 7, now=0.0)[0] == [3]
    assert order.take("bob", 1, 1, now=0.0)[0] == [1, 5, 7]


def test_what_overtook_the_first_waits_for_it_a_little() -> None:  # GW-9
    order: Order[int] = Order(wait_s=30, limit=100, senders=10, begin_s=2)
    assert order.take("alice", 2, 2, now=0.0) == ([], False)
    assert order.take("alice", 4, 4, now=0.0) == ([], False)
    assert order.next_due == 2.0
    assert order.take("alice", 1, 1, now=1.0) == ([1, 2], False)
    assert order.next_due == 31.0
    assert order.take("alice", 3, 3, now=3.0) == ([3, 4], False)
    assert order.next_due is None


def test_who_came_later_does_not_wait_long_for_what_was_before() -> None:  # GW-9
    order: Order[int] = Order(wait_s=30, limit=100, senders=10, begin_s=2)
    assert order.take("alice", 9, 9, now=0.0) == ([], False)
    assert order.take("alice", 8, 8, now=1.0) == ([], False)
    assert order.due(2.0) == [8, 9]
    assert order.take("alice", 10, 10, now=2.0) == ([10], False)
