"""Counting at both ends, and what the demo ends with."""

from __future__ import annotations

from dataclasses import replace

from examples.broadband.example import Case, Ended
from overlay.demo.story import Account
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


def test_a_case_that_did_not_come_to_its_end_is_a_failure_said_in_words() -> None:
    good = Ended(Case("1", "dead"), "cut", "cut", "repaired", "-", right=True, works=True)
    bad = replace(good, case=Case("2", "slow"), outcome="stopped: nobody offers it", stopped=True)
    assert not Account([good], 13, 2, 10, 0, 0, 1.0).failed
    account = Account([good, bad], 13, 2, 10, 0, 0, 1.0)
    assert account.failed
    assert account.stopped == ["case 2 did not come to its end: nobody offers it"]
    assert account.last_line() == "demo: 13 agents, 2 domains, 10 messages, 0 lost"
