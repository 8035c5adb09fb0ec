"""The judge finds what went wrong, and nothing where nothing did."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from overlay.chaos.judge import Killed, judge, open_messages
from overlay.chaos.records import (
    Accepted,
    Asked,
    Delivered,
    Overheard,
    PutOut,
    Record,
    Told,
    Tried,
    from_lines,
    to_line,
)
from tests.chaos.histories import RECEIVERS, Sending, delivered, history, sendings


@settings(deadline=None, max_examples=50)
@given(sendings, st.data())
def test_a_run_without_faults_is_good_in_whatever_order_its_records_are_read(
    sent: list[Sending], data: st.DataObject
) -> None:
    records = data.draw(st.permutations(history(sent)))

    verdict = judge(records)

    ends = Counter(end for sending in sent for end in sending.ends for _ in sending.to)
    assert verdict.good
    assert verdict.delivered == ends["delivered"]
    assert verdict.errors_told == ends["told"]
    assert verdict.accepted == ends["delivered"] + ends["told"]
    assert verdict.refused_delivered == ends["refused-delivered"]
    assert verdict.told_wrongly == verdict.interrupted == 0


@settings(deadline=None, max_examples=50)
@given(sendings, st.data())
def test_every_message_that_was_accepted_and_vanished_is_lost(
    sent: list[Sending], data: st.DataObject
) -> None:
    records = history(sent)
    vanished = data.draw(st.lists(st.sampled_from(delivered(records)), min_size=1, unique=True))
    left = [record for record in records if record not in vanished]

    verdict = judge(left)

    assert verdict.lost == len(vanished) == open_messages(left)
    assert not verdict.good
    assert verdict.examples["lost"]


@settings(deadline=None, max_examples=50)
@given(sendings, st.data())
def test_every_effect_beyond_the_first_is_a_duplicate(sent: list[Sending], data: st.DataObject) -> None:
    records = history(sent)
    again = data.draw(st.lists(st.sampled_from(delivered(records)), min_size=1, max_size=5))

    verdict = judge([*records, *(replace(one, at=one.at + 60) for one in again)])

    assert (verdict.duplicates, verdict.interrupted) == (len(again), 0)
    assert not verdict.good


@settings(deadline=None, max_examples=50)
@given(sendings, st.data())
def test_every_message_that_comes_after_a_later_one_is_out_of_order(
    sent: list[Sending], data: st.DataObject
) -> None:
    records = history([*sent, Sending("long", ("bob@b.example",), ("delivered",) * 5)])
    late = data.draw(
        st.lists(
            st.sampled_from([one for one in delivered(records) if one.stream == "long" and one.number < 5]),
            min_size=1,
            unique=True,
        )
    )
    spoiled = [replace(one, at=100 - one.number) if one in late else one for one in records]  # backwards

    verdict = judge(spoiled)

    assert verdict.misordered == len(late)
    assert not verdict.good


@settings(deadline=None, max_examples=50)
@given(sendings, st.data())
def test_what_reaches_somebody_else_is_leaked(sent: list[Sending], data: st.DataObject) -> None:
    records = history(sent)
    astray = data.draw(st.lists(st.sampled_from(delivered(records)), min_size=1, max_size=5, unique=True))

    verdict = judge([*records, *(replace(one, by="mallory@a.example") for one in astray)])

    assert verdict.leaked == len(astray)
    assert not verdict.good


def test_what_nobody_sent_is_leaked() -> None:
    assert judge([Delivered("s", 1, "bob@b.example", "bob@b.example#1", 1.0)]).leaked == 1


def test_what_an_observer_reads_is_leaked() -> None:
    assert judge([Overheard("observer@a.example", "inbox.bob", 1.0)]).leaked == 1


def _twice(first_process: str, second_process: str, again_s: float = 3.0) -> list[Record]:
    records = history([Sending("s", ("bob@b.example",), ("delivered",))])
    effects = delivered(records)
    one = replace(effects[0], process=first_process)
    return [*records[:-1], one, replace(one, process=second_process, at=one.at + again_s)]


def test_an_effect_is_interrupted_only_if_its_process_was_killed_right_after_it() -> None:
    records = _twice("bob#1", "bob#2")
    at = delivered(records)[0].at

    assert judge(records, [Killed("bob#1", at + 0.5)]).interrupted == 1
    assert judge(records, [Killed("bob#1", at + 30)]).duplicates == 1  # it had time enough to be done
    assert judge(records, [Killed("bob#1", at - 0.5)]).duplicates == 1
    assert judge(records, [Killed("bob#2", at + 0.5)]).duplicates == 1
    assert judge(_twice("bob#1", "bob#1"), [Killed("bob#1", at + 0.5)]).duplicates == 1


def test_a_sender_that_is_told_wrongly_is_counted_apart() -> None:
    records = history([Sending("s", ("bob@b.example",), ("delivered",))])

    verdict = judge([*records, Told("s", 1, "timed-out", 9.0)])

    assert (verdict.told_wrongly, verdict.errors_told, verdict.lost) == (1, 0, 0)


def test_questions_are_counted_apart_by_how_they_ended() -> None:
    asked: list[Record] = [
        Asked("alice@a.example", "bob@b.example", 1.0, 2.0, reason)
        for reason in ("", "timed-out", "timed-out")
    ]

    verdict = judge(asked)

    assert (verdict.asked, verdict.answered, verdict.unanswered) == (3, 1, Counter({"timed-out": 2}))
    assert verdict.good


@settings(deadline=None, max_examples=50)
@given(sendings)
def test_records_are_read_as_they_were_written(sent: list[Sending]) -> None:
    records = history(sent)

    assert list(from_lines(map(to_line, records))) == records


def put_out_at(at: float, may: tuple[str, ...]) -> list[Record]:
    """A message of a channel, to two members and tried at 5, that reaches them and who is put out."""
    tried = Tried("s", 1, "alice@a.example", RECEIVERS[:2], 5.0, "case@a.example", may)
    reached = (*RECEIVERS[:2], "visitor@b.example")
    return [
        PutOut("visitor@b.example", at),
        tried,
        Accepted("s", 1, 5.0),
        *(Delivered("s", 1, one, f"{one}#1", 5.1) for one in reached),
    ]


def test_who_was_put_out_of_a_channel_reads_nothing_of_a_member_that_knows_so() -> None:  # GW-9
    assert judge(put_out_at(4.0, ())).leaked == 1
    assert not judge(put_out_at(4.0, ())).good


def test_who_is_put_out_may_read_what_came_before_and_what_is_late_is_told() -> None:  # GW-9
    before, late = (judge(put_out_at(at, ("visitor@b.example",))) for at in (6.0, 4.0))

    assert before.good
    assert late.good
    assert (before.late_reads, late.late_reads) == (0, 1)
    assert before.accepted == before.delivered == 2
