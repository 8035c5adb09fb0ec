"""An orchestrator that is killed at any point goes on, and starts nothing twice (AG-5)."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from overlay.chains.assign import Order
from overlay.chains.chain import Chain, Step, Undo
from overlay.chains.document import encode_chain
from overlay.chains.driving import Driving
from overlay.chains.journal import ChainOrder, Journal
from overlay.chains.run import ChainEvent
from overlay.chains.writing import either, group, of, rounds, where
from overlay.settings import Settings
from tests.chains.world import Answer, Killed, Stage, World

SAGA = Chain(
    "saga",
    (
        Step("plan", "plan", compensate=Undo("unplan")),
        group(
            "make",
            Step("one", "one", compensate=Undo("unmake")),
            Step("two", "two", retry=1, pause_s=0, compensate=Undo("unmake", retry=1)),
            after=("plan",),
        ),
        Step("test", "test", after=("make",), retry=1, others=1, pause_s=0, on_failure="compensate"),
        Step("never", "never", after=("test",)),
    ),
)
BRANCHES = Chain(
    "branches",
    (
        Step("look", "look"),
        either(
            "fix",
            Step("auto", "auto", when=where("look", "p", ">", 0.5)),
            Step("visit", "visit", input=of("look", "p")),
            after=("look",),
        ),
        Step("other", "other", after=("look",), when=where("look", "p", "<", 0.5)),
        Step("end", "end", after=("fix", "other"), input={"how": of("fix"), "else": of("other", default=0)}),
    ),
)
ROUNDS = Chain(
    "rounds",
    (
        rounds(
            "diagnose",
            Step("ask", "ask", input={"before": of("look", "p", rounds="previous", default=None)}),
            Step("look", "look-again", after=("ask",), input=of("ask", rounds="all")),
            until=where("look", "p", ">", 0.5),
            most=4,
        ),
        group("any", Step("a", "a"), Step("b", "b"), Step("c", "c"), after=("diagnose",), one_at_a_time=True),
    ),
    output={"p": of("look", "p"), "all": of("ask", rounds="all")},
)
STEPS = 12


def answers(order: Order, count: int) -> Answer:
    match order.skill:
        case "test" | "auto":
            return None
        case "two" | "unmake" if count == 1:
            return None
        case "look":
            return '{"p": 0.9}'
        case "look-again":
            return f'{{"p": 0.{count * 2}}}'
        case _:
            return f'"{order.skill}"'


async def undisturbed(chain: Chain) -> Stage:
    stage = Stage(chain, World(answers))
    await stage.run()
    return stage


@pytest.mark.parametrize("chain", [SAGA, BRANCHES, ROUNDS], ids=lambda chain: str(chain.name))
async def test_killed_at_any_point_a_chain_ends_as_if_nothing_had_been(chain: Chain) -> None:  # AG-5
    wanted = await undisturbed(chain)
    kills = 0
    while True:
        stage = Stage(chain, World(answers))
        try:
            await stage.run(kills + 1)
        except Killed:
            kills += 1
            await stage.goes_on()
        else:
            break
        assert stage.outcome == wanted.outcome
        assert stage.history == wanted.history, f"killed at {kills}"
        assert stage.world.tasks.keys() == wanted.world.tasks.keys()
        assert stage.world.begun == wanted.world.begun
    assert kills > STEPS


async def test_killed_again_and_again_it_still_does_each_step_once() -> None:  # AG-5
    for chain in (SAGA, BRANCHES, ROUNDS):
        wanted = await undisturbed(chain)
        for seed in range(8):
            chance, stage = random.Random(seed), Stage(chain, World(answers))
            while stage.journal.state == "running":
                with suppress(Killed):
                    await stage.run(chance.randint(2, 9))
            assert (stage.outcome, stage.history) == (wanted.outcome, wanted.history)
            assert stage.world.begun == wanted.world.begun


async def test_what_was_written_down_is_what_counts_after_a_restart(tmp_path: Path) -> None:  # AG-5
    """With the journal on disk: what a process committed, the next one reads."""
    order = ChainOrder("run-1", encode_chain(BRANCHES), b"", b"", False, 0.0, 0.0)
    world = World(answers)
    events: list[ChainEvent] = []
    for _ in range(60):
        journal = Journal(tmp_path / "chains.db", 5.0, lambda where, error: None)
        await journal.add(order)
        if journal.row("run-1").state != "running":
            events = journal.events("run-1")
            await journal.close()
            break
        told = len(journal.events("run-1"))

        def dies() -> None:
            raise Killed

        driving = Driving(order, journal, world, Settings(), lambda: 1000.0, dies)
        with pytest.raises(Killed):
            await driving.run()
        assert len(journal.events("run-1")) > told
        await journal.close()
    wanted = await undisturbed(BRANCHES)
    assert sorted((e.kind, e.step, e.undo, e.attempt, e.outcome) for e in events) == wanted.history
    assert world.begun == wanted.world.begun
    assert events[-1].output == wanted.outcome[1]
