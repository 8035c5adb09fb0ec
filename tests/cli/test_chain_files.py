"""`overlay chain` where the agent that runs the chain is away."""

from __future__ import annotations

import json
from pathlib import Path

from overlay.chains.chain import Chain, Step
from overlay.chains.claim import Claim
from overlay.chains.document import encode_chain
from overlay.chains.journal import FILE, ChainOrder
from overlay.chains.run import ChainEvent
from overlay.cli.chain_files import journal_of, looking
from tests.live_domain import overlay


async def _begun(agent: Path, *events: ChainEvent) -> None:
    document = encode_chain(Chain("repair", (Step("one", "line.test"),)))
    (agent / "chains").mkdir(parents=True)
    async with journal_of(agent / "chains" / FILE) as journal:
        await journal.add(ChainOrder("case-7", document, b"", b"", False, 1.0, 0.0))
        for event in events:
            await journal.note("case-7", event)


async def test_a_chain_is_to_stop_before_its_agent_is_there_again(tmp_path: Path) -> None:  # AG-5
    await _begun(tmp_path)
    said = await overlay("chain", "cancel", "case-7", "--agent-home", str(tmp_path))
    assert said.code == 0, said.err
    async with journal_of(tmp_path / "chains" / FILE) as journal:
        assert journal.row("case-7").stop == "cancelled"


async def test_a_chain_that_nobody_works_on_says_so(tmp_path: Path) -> None:  # AG-5
    await _begun(tmp_path)
    look, claim = looking(Path(), tmp_path, "case-7"), Claim(tmp_path / "chains", "case-7")
    assert (await look()).error == "nobody works on it now: start its agent again"
    assert claim.take()
    assert not (await look()).error
    claim.drop(ended=False)
    assert (await look()).state == "running"
    assert (await look()).error


async def test_watching_a_chain_that_has_ended_ends(tmp_path: Path) -> None:  # AG-5
    await _begun(tmp_path, ChainEvent(1, "finished", 2.0, outcome="cancelled"))
    said = await overlay("chain", "show", "case-7", "--agent-home", str(tmp_path), "--watch", "--json")
    assert (said.code, json.loads(said.out)["state"]) == (0, "cancelled"), said.err


async def test_what_is_neither_task_nor_chain_is_called_so(tmp_path: Path) -> None:  # AG-3
    said = await overlay("task", "show", "zzzz", "--agent-home", str(tmp_path))
    assert said.code == 1
    assert "there is no task and no chain zzzz" in said.err
