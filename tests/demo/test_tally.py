"""Counting at both ends."""

from __future__ import annotations

from overlay.demo.tally import Tally


def test_what_came_is_neither_lost_nor_repeated() -> None:
    tally = Tally()
    tally.sent("task a")
    tally.received("task a")
    assert (tally.messages, tally.lost, tally.repeated) == (1, 0, 0)


def test_a_repetition_of_one_does_not_hide_the_loss_of_another() -> None:
    tally = Tally()
    tally.sent("task a")
    tally.sent("task b")
    tally.received("task a")
    tally.received("task a")
    assert (tally.messages, tally.lost, tally.repeated) == (2, 1, 1)
