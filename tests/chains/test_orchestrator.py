"""What an agent does with its chains: begins, stops, goes on, one process at a time (AG-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from overlay.chains.assign import Order
from overlay.chains.chain import Chain, Step, Undo
from overlay.chains.orchestrator import Orchestrator
from overlay.chains.position import position_of
from overlay.chains.run import ChainRun
from overlay.chains.writing import group, of
from overlay.clock import system_clock
from overlay.context.context import Context
from overlay.context.part import Part
from overlay.endpoint.background import beside
from overlay.errors import BadInput, ChainCancelled, ChainFailed, NotFound, Refused, TooLarge
from overlay.settings import Settings
from tests.chains.world import Answer, World

LIMIT_S = 30.0
SETTINGS = Settings(chain_patience_s=0, chain_look_s=0.02, chain_takeover_s=0.05, chain_output_bytes=1024)
TWO = Chain("two", (Step("a", "x"), Step("b", "y", after=("a",), input={"a": of("a")})))


def echo(order: Order, count: int) -> Answer:
    return f'"{order.skill}{count}"'


@asynccontextmanager
async def at_work(folder: Path, world: World, settings: Settings = SETTINGS) -> AsyncIterator[Orchestrator]:
    """A process of an agent that runs chains."""
    orchestrator = Orchestrator(folder, world, settings, system_clock)
    await orchestrator.begin()
    try:
        async with asyncio.timeout(LIMIT_S), beside(orchestrator.run()):
            yield orchestrator
    finally:
        await orchestrator.close()


async def begin(
    orchestrator: Orchestrator,
    chain: Chain,
    name: str = "run",
    *,
    body: bytes = b"",
    context: Context | None = None,
    wait: bool = False,
) -> ChainRun:
    return await orchestrator.begin_chain(chain, body, context, name, wait_for_skills=wait)


async def test_a_chain_whose_skills_nobody_offers_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:  # AG-4
    world = World(echo)
    world.nobody = {"y"}
    async with at_work(tmp_path, world) as orchestrator:
        with pytest.raises(NotFound, match="step 'b': nobody offers 'y'"):
            await begin(orchestrator, TWO)
        assert (world.begun.total(), orchestrator.rows()) == (0, [])
        run = await begin(orchestrator, TWO, wait=True)
        async for event in run.events():
            if (event.kind, event.step) == ("started", "b"):
                break
        assert run.state == "running"
        world.nobody = set()
        assert (await run.result()).value == "y1"


async def test_the_same_id_is_the_same_run_and_for_something_else_it_is_refused(tmp_path: Path) -> None:
    # AG-5
    world = World(echo)
    async with at_work(tmp_path, world) as orchestrator:
        runs = [await begin(orchestrator, TWO, body=b"1") for _ in range(3)]
        assert {(await run.result()).text for run in runs} == {'"y1"'}
        with pytest.raises(Refused, match="is another chain"):
            await begin(orchestrator, TWO, body=b"2")
        with pytest.raises(BadInput, match="cannot name a chain"):
            await begin(orchestrator, TWO, "../../etc")
    async with at_work(tmp_path, world) as orchestrator:
        result = await (await begin(orchestrator, TWO, body=b"1")).result()
        assert (result.outputs, world.begun) == ({"a": b'"x1"', "b": b'"y1"'}, {"x": 1, "y": 1})


async def test_events_are_numbered_and_can_be_followed_from_anywhere(tmp_path: Path) -> None:  # AG-5
    async with at_work(tmp_path, World(echo)) as orchestrator:
        run = await begin(orchestrator, TWO)
        events = [event async for event in run.events()]
        assert [event.number for event in events] == list(range(1, 8))
        assert [event async for event in run.events(after=5)] == events[5:]
        assert [(step.key, step.state, step.agent) for step in run.shown.steps] == [
            ("a", "done", "x@a.example"),
            ("b", "done", "x@a.example"),
        ]


async def test_a_chain_that_failed_says_which_step_and_why(tmp_path: Path) -> None:  # AG-5
    chain = Chain("fails", (Step("a", "x", retry=1, others=1, pause_s=0),))
    world = World(lambda order, count: None)
    async with at_work(tmp_path, world) as orchestrator:
        run = await begin(orchestrator, chain)
        with pytest.raises(ChainFailed, match=r"step 'a' \(x\) failed after 3 attempts: it said no"):
            await run.result()
        assert [done.agent for done in world.tasks.values()] == ["x@a.example", "x@a.example", "y@a.example"]


async def test_cancelling_ends_what_runs_and_takes_back_what_is_done(tmp_path: Path) -> None:  # AG-5
    steps = (Step("a", "x", compensate=Undo("z")), Step("b", "y", after=("a",)))
    world = World(echo)
    world.slow = {"y"}
    async with at_work(tmp_path, world) as orchestrator:
        run = await begin(orchestrator, Chain("c", steps, when_stopped="compensate"))
        async for event in run.events():
            if (event.kind, event.step) == ("assigned", "b"):
                break
        assert await run.cancel() == "cancelled"
        assert [step.state for step in run.shown.steps] == ["taken back", "cancelled"]
        with pytest.raises(ChainCancelled):
            await run.result()
    (undo,) = [done.order for done in world.tasks.values() if done.order.skill == "z"]
    assert (undo.agent, undo.body) == ("x@a.example", b'"x1"')


async def test_past_its_deadline_a_chain_is_stopped(tmp_path: Path) -> None:  # AG-5
    world = World(echo)
    world.slow = {"x"}
    async with at_work(tmp_path, world) as orchestrator:
        run = await begin(orchestrator, Chain("late", (Step("a", "x"),), deadline_s=0.2))
        with pytest.raises(ChainCancelled, match="its deadline passed"):
            await run.result()


async def test_of_two_processes_one_works_on_a_chain_and_the_other_takes_over(tmp_path: Path) -> None:
    # AG-5
    world = World(echo)
    world.slow = {"y"}
    async with at_work(tmp_path, world) as second:
        async with at_work(tmp_path, world) as first:
            run = await begin(first, TWO)
            assert await begin(second, TWO)
            async for event in run.events():
                if (event.kind, event.step) == ("assigned", "b"):
                    break
        for done in world.tasks.values():
            done.ended.set()
        assert (await second.run_of("run").result()).value == "y1"
    assert world.begun == {"x": 1, "y": 1}


async def test_no_more_run_side_by_side_than_the_chain_says(tmp_path: Path) -> None:  # AG-5
    world = World(echo)
    world.slow = {"x"}
    chain = Chain("narrow", (group("g", *(Step(f"s{n}", "x") for n in range(5))),), parallel=2)
    async with at_work(tmp_path, world) as orchestrator:
        run = await begin(orchestrator, chain)
        most = 0
        async for event in run.events():
            running = [done for done in world.tasks.values() if not done.ended.is_set()]
            most = max(most, len(running))
            if event.kind == "assigned" and event.number > 3:  # two have begun
                for done in running:
                    done.ended.set()
        assert most <= 2
        assert world.begun == {"x": 5}


async def test_each_step_gets_its_scopes_of_the_context_and_where_it_is_in_the_chain(
    tmp_path: Path,
) -> None:  # AG-4, AG-6
    context = Context((Part("order", "task", "fibre"), Part("caller", "contact", {"phone": "+49170"})))
    steps = (Step("a", "x"), Step("b", "y", after=("a",), scopes=("contact",)))
    world = World(echo)
    async with at_work(tmp_path, world) as orchestrator:
        await (await begin(orchestrator, Chain("c", steps, carried=True), context=context)).result()
    a, b = (done.order.context for done in world.tasks.values())
    assert [part.name for part in a.parts] == ["overlay.chain"]
    assert {part.name for part in b.parts} == {"overlay.chain", "caller"}
    position = position_of(b)
    assert position is not None
    assert (position.chain, position.step, position.number, position.steps) == ("run", "b", 2, 2)
    assert position.whole == Chain("c", steps, carried=True)


async def test_what_is_too_large_fails_the_step_and_opaque_bytes_are_handed_on(tmp_path: Path) -> None:
    # AG-5, AG-8
    noise = bytes(range(256))
    chain = Chain("c", (Step("a", "x"), Step("b", "y", after=("a",), input=of("a"))))
    world = World(lambda order, count: noise if order.skill == "x" else b"z" * 2000)
    async with at_work(tmp_path, world) as orchestrator:
        with pytest.raises(ChainFailed, match="chain_output_bytes"):
            await (await begin(orchestrator, chain)).result()
        with pytest.raises(TooLarge):
            await begin(orchestrator, chain, "other", body=b"z" * 2000)
    assert [done.order.body for done in world.tasks.values()] == [b"", noise]


@pytest.mark.parametrize(
    ("steps", "changes", "said"),
    [
        ((Step("a", "x"), Step("b", "y", after=("a",), input=[of("a")] * 20)), {}, "refers to has more than"),
        (tuple(Step(f"s{n}", "x") for n in range(20)), {"chain_total_bytes": 5000}, "chain_total_bytes"),
        ((Step("a", "x"), Step("b", "y", after=("a",), input=of("a", "9" * 5000))), {}, "nothing at"),
    ],
)
async def test_a_chain_of_somebody_costs_no_more_than_the_limits_say(
    tmp_path: Path, steps: tuple[Step, ...], changes: dict[str, int], said: str
) -> None:  # AG-4
    world = World(lambda order, count: "[" + "1," * 400 + "1]")
    async with at_work(tmp_path, world, SETTINGS.model_copy(update=changes)) as orchestrator:
        with pytest.raises(ChainFailed, match=said):
            await (await begin(orchestrator, Chain("c", steps))).result()
        assert await (await begin(orchestrator, TWO, "next")).result()
