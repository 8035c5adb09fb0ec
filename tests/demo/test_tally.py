"""Counting at both ends."""

from __future__ import annotations

from overlay.demo.tally import Tally


def test_what_came_is_neither_lost_nor_repeated() -> None:
    tally = Tally()
    tally.sent("a-1", "a")
    tally.received("a-1", "b")
    assert (tally.messages, tally.lost, tally.repeated) == (1, 0, 0)
    assert (tally.by_sender["a"], tally.by_receiver["b"]) == (1, 1)


def test_a_repetition_does_not_hide_a_loss() -> None:
    tally = Tally()
    tally.received("a-1", "b")
    tally.received("a-1", "b")
    tally.sent("a-1", "a", copies=2)
    tally.sent("a-2", "a")
    assert (tally.messages, tally.lost, tally.repeated) == (3, 2, 1)
