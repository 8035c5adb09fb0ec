"""What comes next in a chain, case by case."""

from __future__ import annotations

from overlay.chains.chain import Chain, Repeat, Step, Undo
from overlay.chains.facts import Unit
from overlay.chains.writing import either, ended, group, of, rounds, where
from tests.chains.played import Played

FAILS = [None] * 30


def test_steps_start_when_what_they_wait_for_is_done_and_side_by_side() -> None:  # AG-5
    chain = Chain("c", (Step("a", "x"), Step("b", "x"), Step("c", "x", after=("a", "b"))))
    played = Played(chain)
    assert [ready.unit.step for ready in played.plan.ready] == ["a", "b"]
    assert played.play() == "done"
    assert played.started[-1] == "c"


def test_a_branch_that_is_not_taken_is_skipped_with_all_of_it_and_the_join_runs() -> None:  # AG-4
    chain = Chain(
        "c",
        (
            Step("a", "x"),
            Step("yes", "x", after=("a",), when=where("a", "p", ">=", 0.8)),
            Step("no", "x", after=("a",), when=where("a", "p", "<", 0.8)),
            Step("more", "x", after=("no",)),
            Step("join", "x", after=("yes", "more")),
        ),
    )
    played = Played(chain, {"a": ['{"p": 0.9}']})
    assert played.play() == "done"
    assert played.started == ["a", "yes", "join"]
    assert (played.plan.standing["no"], played.plan.standing["more"]) == ("skipped", "skipped")


def test_of_alternatives_the_first_that_succeeds_counts() -> None:  # AG-4
    chain = Chain(
        "c",
        (
            either(
                "fix",
                Step("never", "x", when=where("input", "line", "==", 8)),
                Step("auto", "x"),
                Step("visit", "x"),
                Step("give-up", "x"),
            ),
            Step("test", "x", after=("fix",), input={"how": of("fix")}),
        ),
    )
    played = Played(chain, {"auto": FAILS, "visit": ['"by van"']})
    assert played.play() == "done"
    assert played.started == ["auto", "visit", "test"]
    assert played.bodies["test"] == b'{"how":"by van"}'


def test_a_group_is_done_again_until_its_condition_holds_and_sees_its_rounds() -> None:  # AG-4
    again = rounds(
        "d",
        Step("ask", "x", input={"before": of("look", "p", rounds="previous", default=None)}),
        Step("look", "x", after=("ask",), input=of("ask", rounds="all")),
        until=where("look", "p", ">", 0.5),
        most=5,
    )
    chain = Chain("c", (again, Step("end", "x", after=("d",), input={"p": of("look", "p"), "all": of("d")})))
    played = Played(chain, {"look#1": ['{"p": 0.1}'], "look#2": ['{"p": 0.9}'], "ask": ["1"]})
    assert played.play() == "done"
    assert played.started == ["ask#1", "look#1", "ask#2", "look#2", "end"]
    assert played.bodies["ask#1"] == b'{"before":null}'
    assert played.bodies["ask#2"] == b'{"before":0.1}'
    assert played.bodies["look#2"] == b"[1,1]"
    assert played.bodies["end"] == b'{"p":0.9,"all":{"ask":1,"look":{"p":0.9}}}'


def test_rounds_that_come_to_no_end_fail_or_go_on_as_the_chain_says() -> None:  # AG-4
    until = where("a", "ok", "==", True)
    for repeat, state in ((Repeat(until, 2), "failed"), (Repeat(until, 2, "continue"), "done")):
        played = Played(Chain("c", (Step("g", steps=(Step("a", "x"),), repeat=repeat),)))
        assert played.play() == state
        assert played.started == ["a#1", "a#2"]


def test_steps_in_any_order_come_one_at_a_time() -> None:  # AG-4
    steps = (Step("a", "x", retry=1), group("g", Step("b", "x"), Step("c", "x")), Step("d", "x"))
    chain = Chain("c", (group("any", *steps, one_at_a_time=True),))
    for seed in range(20):
        played = Played(chain, {"a": [None, "1"]}, seed)
        assert played.play() == "done"
        assert sorted(played.started) == ["a", "a", "b", "c", "d"]
        order = [name for name in played.started if name != "c"]
        assert abs(played.started.index("b") - played.started.index("c")) == 1
        assert order[order.index("a") + 1] == "a"


def test_a_step_is_tried_again_then_by_others_and_then_all_is_taken_back_in_reverse() -> None:  # AG-5
    chain = Chain(
        "c",
        (
            Step("a", "x", compensate=Undo("y")),
            group("g", Step("b", "x", compensate=Undo("y", input={"was": of("b")})), after=("a",)),
            Step("c", "x", after=("g",), retry=1, others=1, on_failure="compensate"),
            Step("d", "x", after=("c",)),
        ),
    )
    played = Played(chain, {"c": FAILS, "b": ['"B"'], "a": ['"A"'], "a*": [None, "{}"]})
    assert played.play() == "failed"
    assert played.started == ["a", "b", "c", "c", "c", "b*", "a*", "a*"]
    assert (played.bodies["b*"], played.bodies["a*"]) == (b'{"was":"B"}', b'"A"')
    assert "step 'c' (x) failed after 3 attempts: it said no" in played.plan.error


def test_what_a_group_takes_back_is_its_own_and_the_chain_may_go_on() -> None:  # AG-5
    inner = group(
        "g",
        Step("b", "x", compensate=Undo("y")),
        Step("c", "x", after=("b",), on_failure="compensate"),
        after=("a",),
        on_failure="continue",
    )
    chain = Chain(
        "c",
        (
            Step("a", "x", compensate=Undo("y")),
            inner,
            Step("d", "x", after=("g",), when=ended("g", "failed")),
            Step("e", "x", after=("g",), when=ended("g", "done")),
        ),
    )
    played = Played(chain, {"c": FAILS})
    assert played.play() == "done"
    assert played.started == ["a", "b", "c", "b*", "d"]


def test_a_failure_cancels_what_runs_beside_it_and_starts_nothing_more() -> None:  # AG-5
    chain = Chain("c", (Step("a", "x"), Step("b", "x"), Step("c", "x", after=("b",))))
    played = Played(chain, {"a": FAILS})
    for ready in played.plan.ready:
        played.start(ready)
    played.end(Unit("a"))
    assert (set(played.plan.cancel), len(played.plan.ready), played.plan.state) == ({Unit("b")}, 0, "running")
    played.end(Unit("b"))
    assert (len(played.plan.ready), played.plan.state) == (0, "failed")


def test_a_chain_that_is_stopped_takes_back_what_is_done_if_it_says_so() -> None:  # AG-5
    steps = (Step("a", "x", compensate=Undo("y")), Step("b", "x", after=("a",)))
    kept, taken = Chain("c", steps), Chain("c", steps, when_stopped="compensate")
    for chain, undone in ((kept, []), (taken, ["a*"])):
        played = Played(chain)
        assert played.play(stop_after=2) == "cancelled"
        assert played.started == ["a", *undone]
