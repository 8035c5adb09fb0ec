"""`overlay chain`: graphs of subtasks: checked, run, and looked at (AG-4, AG-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from overlay.agent.agent import Agent
from overlay.chains.checking import faults
from overlay.chains.document import decode_chain
from overlay.chains.showing import ChainShown
from overlay.cli.acting import acting
from overlay.cli.bodies import body_json, print_body, read_body
from overlay.cli.chain_files import MOST, file_of, files, journal_of, looking, shown_of
from overlay.cli.chain_view import chain_json, chain_view, has_ended
from overlay.cli.options import HERE, Home, Json, MeOrNew
from overlay.cli.printing import say, show_good, show_json, show_table, utc
from overlay.cli.running import run
from overlay.cli.watching import Every, Watch, show_view, watch, watch_json
from overlay.errors import BadInput
from overlay.naming.ids import check_name
from overlay.settings import load_settings

app = typer.Typer(help="Chains: graphs of subtasks, done by whoever serves best.", rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="A chain in JSON (docs/chains.md).")]
Id = Annotated[str, typer.Argument(help="The ID of its run.")]
Own = Annotated[
    Path | None, typer.Option("--agent-home", help="The folder of the agent; without: all of the domain.")
]


@app.command()
def check(file: File, json: Json = False) -> None:
    """Say all that is wrong with a chain. Whether somebody offers its skills is asked when it is run."""
    settings = load_settings()
    chain = decode_chain(file.read_bytes(), settings.chain_bytes)
    found = faults(chain, settings)
    if not found:
        show_good(file, {"name": chain.name, "faults": []}, json=json)
        return
    if json:
        show_json({"file": str(file), "name": chain.name, "faults": found})
    else:
        for one in found:
            say(one)
    raise BadInput(f"{file} cannot be run: {len(found)} faults")


@app.command(name="run")
def run_(
    file: File,
    me: MeOrNew,
    text: Annotated[str, typer.Option("--input", help="Its input: text or JSON; - reads it.")] = "",
    run_id: Annotated[str, typer.Option("--id", help="The ID of the run: the same again goes on.")] = "",
    wait: Annotated[
        bool, typer.Option("--wait-for-skills", help="Begin, though nobody offers some skills yet.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Who does its steps in other domains: alice@b.example, b.example. Repeatable."),
    ] = None,
    watching: Watch = False,
    every: Every = 0.5,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Run a chain, and print its result. Ctrl-C leaves it: with the same --id it goes on."""
    check_name(me)
    document, given = file.read_bytes(), read_body(text)

    async def work() -> None:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            begun = await agent.run_chain(document, given, id=run_id, wait_for_skills=wait)
            if watching:
                await _watched(agent, begun.id, every, json=json)
            result = await begun.result()
        if json:
            show_json({"chain": begun.id, "state": "done", **body_json(result.body)})
        else:
            print_body(result.body)

    run(work())


@app.command(name="list")
def list_(own: Own = None, home: Home = HERE, json: Json = False) -> None:
    """List the chains that agents of this domain run or ran, the latest first."""

    async def look() -> list[tuple[str, ChainShown]]:
        found: list[tuple[str, ChainShown]] = []
        for path in files(home, own):
            async with journal_of(path) as journal:
                rows = journal.rows(MOST)
                found += [(path.parents[1].name, shown_of(path, journal, row)) for row in rows]
        return sorted(found, key=lambda one: one[1].began, reverse=True)

    chains = run(look())
    if json:
        show_json({"chains": [{"agent": agent, "chain": chain_json(one)} for agent, one in chains]})
        return
    rows = [(one.id, one.name, agent, one.state, utc(one.began), one.error) for agent, one in chains]
    show_table(("id", "chain", "agent", "state", "began", ""), rows, "no chains")


@app.command()
def show(
    run_id: Id,
    own: Own = None,
    watching: Watch = False,
    every: Every = 0.5,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Draw a chain: its steps, who does them, and how far they are."""
    look = looking(home, own, run_id)
    found = run(look())
    if watching:
        run(_watch(look, every, json=json))
    elif json:
        show_json(chain_json(found))
    else:
        show_view(chain_view(found))


@app.command()
def cancel(run_id: Id, own: Own = None, home: Home = HERE) -> None:
    """Have a chain stopped by the agent that runs it, as soon as that is there."""

    async def work() -> None:
        async with journal_of(await file_of(home, own, run_id)) as journal:
            await journal.ask_stop(run_id)

    run(work())
    say(f"{run_id} is to stop; `overlay chain show {run_id}` shows how it ends")


def _watch(
    look: Callable[[], Coroutine[Any, Any, ChainShown]], every: float, *, json: bool
) -> Coroutine[Any, Any, None]:
    return (
        watch_json(look, chain_json, every, has_ended) if json else watch(look, chain_view, every, has_ended)
    )


async def _watched(agent: Agent, run_id: str, every: float, *, json: bool) -> None:
    """Until the chain has ended."""

    async def look() -> ChainShown:
        return agent.chain(run_id).shown

    watching = asyncio.ensure_future(_watch(look, every, json=json))
    try:
        async for _ in agent.chain(run_id).events():
            pass
    finally:
        seen = watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    if not json and not seen:
        show_view(chain_view(await look()))
