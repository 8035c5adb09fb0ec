"""Whatever the chain, and whatever the order of completions: the graph is respected, and it ends."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.chains.chain import Chain, Condition, Step, Undo
from overlay.chains.facts import Unit
from overlay.chains.layout import Layout
from overlay.chains.writing import either, ended, group, rounds, where
from tests.chains.played import Played

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
