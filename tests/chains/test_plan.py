"""What comes next in a chain, and that it never goes wrong, whatever the order of completions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.chains.chain import Chain, Condition, Repeat, Step, Undo
from overlay.chains.checking import faults
from overlay.chains.facts import Facts, Unit
from overlay.chains.layout import Layout
from overlay.chains.plan import Plan, Ready, plan
from overlay.chains.writing import either, ended, group, of, rounds, where
from overlay.settings import Settings

Answers = Mapping[str, Sequence[str | None]]
LIMIT = 5000
SETTINGS = Settings()


class Played:
    """A chain worked through with made-up answers, in an order by chance."""

    def __init__(
        self, chain: Chain, answers: Mapping[str, Sequence[str | None]] | None = None, seed: int = 0
    ) -> None:
        assert faults(chain, SETTINGS) == []
        self.layout = Layout.of(chain)
        self.facts = Facts(b'{"line": 7}')
        self.started: list[str] = []
        self.ended: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.most = 0
        self._answers = answers or {}
        self._chance = random.Random(seed)

    @property
    def plan(self) -> Plan:
        return plan(self.layout, self.facts)

    def start(self, ready: Ready) -> None:
        unit = ready.unit
        undo = ready.step.compensate if unit.undo else None
        template = undo.input if undo else ready.step.input
        own = Unit(unit.step, unit.rounds) if unit.undo else None
        self.bodies[self.name(unit)] = self.plan.gathered.body(
            template, ready.step, unit.rounds, own, most_bytes=10_000
        )
        assert self.facts.began(unit, 0.0) == ready.attempt
        self.started.append(self.name(unit))

    def end(self, unit: Unit) -> None:
        every_round = unit.step + "*" * unit.undo
        said = self._answers.get(self.name(unit)) or self._answers.get(every_round, ["{}"])
        course = self.facts.courses[unit]
        answer = said[min(len(course.attempts), len(said)) - 1]
        if isinstance(answer, str):
            self.facts.ended(unit, "done", 0.0, answer.encode())
        else:
            self.facts.ended(unit, "failed", 0.0, error="it said no")
        self.ended.append(self.name(unit))

    @staticmethod
    def name(unit: Unit) -> str:
        return unit.key + ("*" if unit.undo else "")

    def play(self, stop_after: int = -1) -> str:
        for turn in range(LIMIT):
            if turn == stop_after:
                self.facts.stopped("cancelled")
            found = self.plan
            running = [unit for unit, course in self.facts.courses.items() if course.running]
            self.most = max(self.most, len(running))
            if found.state != "running":
                assert not running
                return found.state
            moves: list[Ready | Unit] = [*found.ready, *running]
            assert moves, f"nothing comes next: {found.standing}"
            move: Ready | Unit = self._chance.choice(moves)
            if isinstance(move, Ready):
                self.start(move)
            elif move in found.cancel and self._chance.random() < 0.5:
                self.facts.ended(move, "cancelled", 0.0)
                self.ended.append(self.name(move))
            else:
                self.end(move)
        raise AssertionError("it does not end")


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


# -- whatever the chain ------------------------------------------------------------------------------------
NAMES = "abcdefgh"


@st.composite
def leaf(draw: st.DrawFn, name: str, after: tuple[str, ...]) -> Step:
    conditions: list[Condition | None] = [None]
    if after:
        conditions += [where(after[0], "ok", "==", True), ended(after[0], "done")]
    return Step(
        name,
        "x",
        after=after,
        when=draw(st.sampled_from(conditions)),
        retry=draw(st.integers(0, 1)),
        on_failure=draw(st.sampled_from(["abort", "compensate", "continue"])),
        compensate=draw(st.sampled_from([None, Undo("y", retry=1)])),
    )


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    steps: list[Step] = []
    for index in range(draw(st.integers(1, 5))):
        after = tuple(
            draw(st.sets(st.sampled_from([step.id for step in steps]), max_size=2)) if steps else ()
        )
        name = NAMES[index]
        inner = (draw(leaf(name + "1", ())), draw(leaf(name + "2", ())))
        kind = draw(st.sampled_from(["leaf", "leaf", "group", "any", "rounds", "either"]))
        if kind == "leaf":
            steps.append(draw(leaf(name, after)))
        elif kind == "rounds":
            until = where(name + "1", "ok", "==", True)
            steps.append(rounds(name, *inner, until=until, most=2, unmet="continue", after=after))
        elif kind == "either":
            alone = tuple(Step(one.id, "x", compensate=one.compensate) for one in inner)
            steps.append(either(name, *alone, after=after, on_failure="continue"))
        else:
            steps.append(group(name, *inner, after=after, one_at_a_time=kind == "any"))
    return Chain("c", tuple(steps), when_stopped=draw(st.sampled_from(["stop", "compensate"])))


@settings(deadline=None, max_examples=40)
@given(chains(), st.randoms(use_true_random=False), st.integers(0, 40))
def test_any_order_of_completions_respects_the_graph_and_comes_to_an_end(
    chain: Chain, chance: random.Random, stop_after: int
) -> None:  # AG-5
    names = [place.step.id for place in Layout.of(chain).leaves]
    answers = {
        name: [chance.choice(['{"ok": true}', "{}", None]) for _ in range(3)]
        for name in [*names, *(f"{name}*" for name in names)]
    }
    played = Played(chain, answers, chance.randrange(1000))
    state = played.play(stop_after if stop_after < 30 else -1)
    for unit, course in played.facts.courses.items():
        assert len(course.attempts) <= 2, "more often than the chain says"
        assert sum(one.outcome == "done" for one in course.attempts) <= 1
        place = played.layout.places[unit.step]
        for earlier in place.step.after if not unit.undo else ():
            first = played.started.index(played.name(unit))
            inside = [name for name in played.started if name.split("#")[0].startswith(earlier)]
            last = max(
                (i for i, name in enumerate(played.ended) if name in inside and name[-1] != "*"), default=-1
            )
            assert last < first or not inside
    undone = [Unit(unit.step, unit.rounds) for unit in played.facts.courses if unit.undo]
    orders = [played.facts.courses[unit].order for unit in undone]
    assert all(orders), "only what is done is taken back"
    if state == "cancelled" and chain.when_stopped == "compensate":
        done = {unit for unit, course in played.facts.courses.items() if course.done and not unit.undo}
        assert {one for one in done if played.layout.places[one.step].step.compensate} == set(undone)
