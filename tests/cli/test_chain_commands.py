"""`overlay chain`, as people and scripts call it."""

from __future__ import annotations

import json
from pathlib import Path

from overlay.chains.chain import Chain, Step
from overlay.chains.document import encode_chain
from overlay.chains.writing import of, where
from overlay.tasks.run import TaskRun
from tests.live_domain import LiveDomain, eventually, fresh, overlay


async def test_check_names_all_faults_of_a_chain_at_once(tmp_path: Path) -> None:  # AG-4
    file = tmp_path / "chain.json"
    wrong = Chain("wrong", (Step("a", "x", after=("b",)), Step("b", "x", after=("a",)), Step("b", "X")))
    file.write_bytes(encode_chain(wrong))
    said = await overlay("chain", "check", str(file), "--json")
    assert said.code == 2
    assert len(json.loads(said.out)["faults"]) == 3


async def test_a_chain_is_run_listed_and_drawn(live: LiveDomain, tmp_path: Path) -> None:  # AG-5
    skill, run_id = f"test.{fresh('chain')}", fresh("case")
    worker = await live.agent("worker", (skill,))

    @worker.executes(skill)
    async def do(run: TaskRun) -> str:
        return f"{run.text}!"

    file = tmp_path / "chain.json"
    skipped = Step("never", skill, after=("one",), when=where("one", "", "==", "no"))
    steps = (Step("one", skill), skipped, Step("two", skill, after=("one",), input=of("one")))
    file.write_bytes(encode_chain(Chain("drawn", steps, output=of("two"))))
    options = ("--as", fresh("master"), "--home", live.home, "--input", "hello", "--id", run_id)
    async with worker:

        async def is_found() -> bool:
            return bool((await worker.discover(skill)).matches)

        await eventually(is_found)
        done = await overlay("chain", "run", str(file), *options, "--watch")
    assert (done.code, done.out.splitlines()[-1]) == (0, "hello!!"), done.err
    assert "✓ two" in done.out
    listed = json.loads((await overlay("chain", "list", "--home", live.home, "--json")).out)
    (shown,) = [one["chain"] for one in listed["chains"] if one["chain"]["id"] == run_id]
    states = {step["key"]: step["state"] for step in shown["steps"]}
    assert states == {"one": "done", "never": "skipped", "two": "done"}
    watched = await overlay("task", "show", run_id, "--watch", "--home", live.home)  # as a task is
    assert (watched.code, watched.out.count("✓ two")) == (0, 1), watched.err
