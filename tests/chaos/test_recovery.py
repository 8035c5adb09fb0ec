"""When fresh messages pass again."""

from __future__ import annotations

from overlay.chaos.records import Asked, Delivered, Record, Tried
from overlay.chaos.recovery import Passages, slowest

BOB, CAROL = "bob@b.example", "carol@a.example"


def message(number: int, to: str, tried: float, there: float | None) -> list[Record]:
    records: list[Record] = [Tried(f"s>{to}", number, "alice@a.example", (to,), tried)]
    if there is not None:
        records.append(Delivered(f"s>{to}", number, to, f"{to}#1", there))
    return records


def test_recovery_counts_fresh_messages_only_and_on_the_slowest_path() -> None:
    records = [
        *message(1, BOB, 1.0, 11.0),  # stood still during the fault, which ended at 10
        *message(2, BOB, 10.5, 12.5),
        *message(3, BOB, 10.6, 12.6),
        *message(1, CAROL, 10.1, 10.2),
    ]

    assert Passages(records).recovery_s(10.0) == 2.5
    assert Passages(records).longest_pause_s() == 1.5


def test_a_path_on_which_nothing_fresh_passes_has_not_recovered() -> None:
    records = [*message(1, BOB, 10.5, None), *message(1, CAROL, 10.1, 10.2)]

    assert Passages(records).recovery_s(10.0) is None


def test_a_path_on_which_nothing_was_tried_any_more_says_nothing() -> None:
    records = [*message(1, BOB, 9.0, None), *message(1, CAROL, 10.5, 11.0)]

    assert Passages(records).recovery_s(10.0) == 1.0


def test_questions_recover_when_one_that_was_asked_afterwards_is_answered() -> None:
    asked = [("timed-out", 10.1, 15.1), ("", 9.9, 10.9), ("", 15.1, 15.2)]
    records = [Asked("alice@a.example", BOB, tried, at, reason) for reason, tried, at in asked]

    found = Passages(records).asking_recovery_s(10.0)

    assert found is not None
    assert round(found, 3) == 5.2


def test_a_path_on_which_no_question_is_answered_any_more_has_not_recovered() -> None:
    asked = [(BOB, "timed-out", 10.1, 15.1), (CAROL, "", 10.1, 10.2)]
    records = [Asked("alice@a.example", to, tried, at, reason) for to, reason, tried, at in asked]

    assert Passages(records).asking_recovery_s(10.0) is None


def test_the_slowest_of_several_is_unknown_when_one_never_recovered() -> None:
    assert slowest([1.0, 3.0, 2.0]) == 3.0
    assert slowest([1.0, None]) is None
    assert slowest([]) is None
