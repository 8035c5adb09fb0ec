"""`overlay policy`: who may call whom, and why (GW-17)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.agent.callers import read_access
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_good, show_json, show_table
from overlay.cli.running import run
from overlay.domain.access_check import Verdict, check_access, check_file
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.ids import PartyId, check_skill
from overlay.policy.access import explain
from overlay.policy.border import BorderPolicy, explain_border, parse_border
from overlay.text_file import read_text

app = typer.Typer(help="Who may call whom, and why.", rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The border policy (docs/access.md); the whole of it.")]


@app.command()
def show(
    agent: Annotated[
        str, typer.Argument(help="An agent of the domain; without: what the operator lets over the border.")
    ] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show the domain's border policy, or whom an agent lets in."""
    folder = DomainFolder.open(home)

    async def work() -> tuple[msgspec.Struct, list[str]]:
        async with operator(folder) as hand:
            if agent:
                party = PartyId.parse(agent if "@" in agent else f"{agent}@{hand.endpoint.me.domain}")
                access = await hand.peers.access_of(party)
                return access, explain(access)
            border = await hand.peers.border()
            return border, explain_border(border)

    policy, lines = run(work())
    if json:
        show_json(msgspec.to_builtins(policy))
        return
    for line in lines:
        say(line)


@app.command(name="set")
def set_(
    file: File,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Set the domain's border policy; gateways follow within a moment."""
    _keep(home, parse_border(read_text(file), str(file)), json=json)


@app.command()
def check(file: File, json: Json = False) -> None:
    """Say whether a file can be set, and what it says or what is wrong. Nothing is changed; no domain is
    needed.
    """
    policy = parse_border(read_text(file), str(file))
    show_good(file, {"policy": msgspec.to_builtins(policy)}, explain_border(policy), json=json)


@app.command()
def clear(home: Home = HERE, json: Json = False) -> None:
    """No border policy: it is left to the agents' own."""
    _keep(home, BorderPolicy(), json=json)


@app.command()
def why(
    origin: Annotated[str, typer.Option("--from", help="Who calls: name@domain.")],
    target: Annotated[str, typer.Option("--to", help="Who is called: name@domain.")],
    skill: Annotated[str, typer.Option(help="The skill or topic that is meant.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="Ask this access.toml only, and nobody else: what would it say?")
    ] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say whether one agent may call another, and why. Exit code 0: it may; 1: it may not."""
    caller, called = PartyId.parse(origin), PartyId.parse(target)
    if skill:
        check_skill(skill)

    async def work() -> Verdict:
        async with operator(DomainFolder.open(home)) as hand:
            return await check_access(hand, caller, called, skill)

    verdict = run(work()) if file is None else check_file(read_access(file), caller, called, skill)
    if json:
        show_json(verdict.as_dict())
    else:
        words = {True: "yes", False: "no", None: "unknown"}
        show_table(
            ("stage", "allows", "why"),
            [(stage.stage, words[stage.allowed], stage.why) for stage in verdict.stages],
            "",
        )
        what = f" use {skill} of" if skill else " call"
        say(f"{caller} {'may' if verdict.allowed else 'may not'}{what} {called}{_lacking(verdict)}")
    if not verdict.allowed:
        raise SystemExit(1)


def _keep(home: Path, policy: BorderPolicy, *, json: bool) -> None:
    async def work() -> BorderPolicy:
        async with operator(DomainFolder.open(home)) as hand:
            await hand.peers.set_border(policy)
            return await hand.peers.border()

    kept = run(work())
    if json:
        show_json(msgspec.to_builtins(kept))
        return
    for line in explain_border(kept):
        say(line)


def _lacking(verdict: Verdict) -> str:
    """If only the receiver says no: the credentials with which it might say yes. No wallet is seen."""
    others = (stage.allowed for stage in verdict.stages if stage.stage != "receiver")
    if not verdict.wants or False in others:
        return ""
    return f", unless it shows a credential: {' or '.join(verdict.wants)}"
