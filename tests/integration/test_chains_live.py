"""A chain over two domains, NATS and RabbitMQ, whose orchestrator is killed in the middle."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.chains.chain import Chain, Step
from overlay.chains.delegated import SKILL, delegation
from overlay.chains.document import encode_chain
from overlay.chains.position import position_of
from overlay.chains.writing import group, of, rounds, where
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.errors import NotPermitted
from overlay.tasks.run import TaskRun
from tests.integration import chain_program
from tests.integration.conftest import Federation
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
ROOT = Path(__file__).parents[2]
Do = Callable[[TaskRun], Awaitable[str]]


class Bench:
    """Who does the steps: each notes what it did, and one waits until it may go on."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def look(self, run: TaskRun) -> str:
        position = position_of(run.context)
        assert position is not None
        self.done[f"{position.step}{position.rounds}"] += 1
        return '{"p": 0.9}' if position.rounds == (2,) else '{"p": 0.1}'

    async def fix(self, run: TaskRun) -> str:
        self.done["fix"] += 1
        self.begun.set()
        await self.go_on.wait()
        return f"fixed {run.text}"


async def test_an_orchestrator_that_is_killed_goes_on_and_each_step_is_done_once(
    federation: Federation, tmp_path: Path
) -> None:  # AG-5
    bench, name = Bench(), fresh("chain")
    skills = {f"test.{name}.look": bench.look, f"test.{name}.fix": bench.fix}
    look, fix = skills
    chain = Chain(
        "killed",
        (
            rounds("d", Step("look", look), until=where("look", "p", ">", 0.5), most=3),
            group("g", Step("one", look), Step("two", fix, input=of("look", "p")), after=("d",)),
        ),
        output={"p": of("look", "p"), "two": of("two")},
    )
    document = tmp_path / "chain.json"
    document.write_bytes(encode_chain(chain))
    async with AsyncExitStack() as stack:
        for place, (skill, do) in zip(("a", "c"), skills.items(), strict=True):
            agent = await executor(federation[place], fresh("worker"), skill, do)
            await stack.enter_async_context(agent)
        home = await resident(federation["a"], fresh("master"), ())
        async with Agent(home, settings=SETTINGS, access=FRIENDS) as master:
            await until(lambda: offered(master, look))
            await until(lambda: offered(master, fix))
        for kill in (True, False):
            program = await begin(home, document)
            if kill:
                await asyncio.wait_for(bench.begun.wait(), LIMIT_S)
                program.kill()
                await program.wait()
                bench.go_on.set()
            else:
                async with asyncio.timeout(LIMIT_S):
                    out, _ = await program.communicate()
                assert out == b'{"p":0.9,"two":"fixed 0.9"}'
    assert bench.done == {"look(1,)": 1, "look(2,)": 1, "one()": 1, "fix": 1}


async def test_a_chain_is_worked_through_by_another_agent_for_those_it_lets_only(
    federation: Federation,
) -> None:  # AG-4
    bench, name = Bench(), fresh("chain")
    skill = f"test.{name}"
    chain = Chain("sent", (rounds("d", Step("look", skill), until=where("look", "p", ">", 0.5), most=3),))
    friend, stranger, conductor = (fresh(word) for word in ("friend", "stranger", "conductor"))
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(await executor(federation["c"], fresh("worker"), skill, bench.look))
        working = Agent(await resident(federation["c"], conductor, (SKILL,)), settings=SETTINGS)
        working.works_chains(allow=[f"{friend}@a.example"])
        await enter(working)
        let, other = [
            await enter(Agent(await resident(federation["a"], who, ()), settings=SETTINGS, access=FRIENDS))
            for who in (friend, stranger)
        ]
        to = f"{conductor}@c.example"
        await until(lambda: offered(let, skill))
        with pytest.raises(NotPermitted):
            await other.start_task(to, delegation(chain), skill=SKILL)
        task = await let.start_task(to, delegation(chain, {"line": 7}), skill=SKILL)
        async with asyncio.timeout(LIMIT_S):
            assert (await task.result()).body == b'{"look":{"p":0.9}}'
        assert (len(working.chains), bench.done) == (1, {"look(1,)": 1, "look(2,)": 1})


async def executor(folder: DomainFolder, name: str, skill: str, do: Do) -> Agent:
    agent = Agent(await resident(folder, name, (skill,)), settings=SETTINGS, access=FRIENDS)
    agent.executes(skill)(do)
    return agent


async def offered(agent: Agent, skill: str) -> bool:
    return bool((await agent.discover(skill)).matches)


async def begin(home: Path, document: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        chain_program.__file__,
        str(home),
        str(document),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OVERLAY_ASK_TIMEOUT_S": str(LIMIT_S)},
    )
