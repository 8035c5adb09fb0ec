"""`overlay caps`: how much may pass, of whom (GW-15, GW-22)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_good, show_json, show_table
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.gateway.client import GatewayClient
from overlay.gateway.protocol import CapLeft, CapsTold
from overlay.naming.ids import PartyId
from overlay.quality.caps import CapsPolicy, decode_caps, explain_caps, number_text, parse_caps
from overlay.registry.caps_protocol import Caps
from overlay.text_file import read_text

app = typer.Typer(help="How much may pass, of whom.", rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The caps (docs/quality.md); the whole of them.")]


@app.command()
def show(home: Home = HERE, json: Json = False) -> None:
    """Show the domain's caps, and how many questions the registry answers."""

    async def work() -> Caps:
        async with operator(DomainFolder.open(home)) as hand:
            return await hand.peers.caps()

    _show(run(work()), json=json)


@app.command(name="set")
def set_(file: File, home: Home = HERE, json: Json = False) -> None:
    """Set the domain's caps; gateways and registry follow within a moment."""
    _keep(home, parse_caps(read_text(file), str(file)), json=json)


@app.command()
def check(file: File, json: Json = False) -> None:
    """Say whether a file can be set, and what it says or what is wrong. Nothing is changed; no domain is
    needed.
    """
    policy = parse_caps(read_text(file), str(file))
    show_good(file, {"policy": msgspec.to_builtins(policy)}, explain_caps(policy), json=json)


@app.command()
def clear(home: Home = HERE, json: Json = False) -> None:
    """No caps but those of the settings."""
    _keep(home, CapsPolicy(), json=json)


@app.command()
def explain(
    sender: Annotated[str, typer.Argument(help="Who sends: name@domain.")],
    to: Annotated[str, typer.Option("--to", help="Who is sent to: name@domain.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say which caps a message between two agents meets at our gateway, and how much of them is left now."""
    origin, target = PartyId.parse(sender), PartyId.parse(to)

    async def work() -> CapsTold:
        async with operator(DomainFolder.open(home)) as hand:
            return await GatewayClient(hand.endpoint).caps(str(origin), str(target))

    told = run(work())
    if json:
        show_json(msgspec.to_builtins(told))
        return
    rows = [_row(step) for step in told.steps] + [_row(step) for step in told.critical]
    show_table(("cap", "a second", "at once", "left now", "shared"), rows, "No cap is about such a message.")
    for line in _words(told, origin, target):
        say(line)


def _row(step: CapLeft) -> tuple[str, str, str, str, str]:
    shared = f"by weight {step.weight}, as {step.shared_by}" if step.shared_by else "no"
    return step.name, number_text(step.rate), number_text(step.burst), f"{step.left:.0f}", shared


def _words(told: CapsTold, origin: PartyId, target: PartyId) -> list[str]:
    lines = [f"{origin} to {target}, by way of {told.peer}: weight {told.weight} on a full link"]
    if told.critical:
        what = "goes as a normal one" if told.beyond == "lower" else "is refused"
        lines.append(f"a critical message beyond its cap {what}")
    if told.processes > 1:
        lines.append(f"these are the part of one of {told.processes} processes of the gateway")
    short = [step.name for step in told.steps if step.left < 1]
    if short:
        lines.append(f"the next message has to wait: nothing is left of {', '.join(short)}")
    return lines


def _keep(home: Path, policy: CapsPolicy, *, json: bool) -> None:
    async def work() -> Caps:
        async with operator(DomainFolder.open(home)) as hand:
            await hand.peers.set_caps(policy)
            return await hand.peers.caps()

    _show(run(work()), json=json)


def _show(caps: Caps, *, json: bool) -> None:
    policy = decode_caps(caps.policy)
    if json:
        show_json({"policy": msgspec.to_builtins(policy), "usual": caps.usual})
        return
    for line in explain_caps(policy):
        say(line)
    usual = ", ".join(f"{setting} {count}" for setting, count in caps.usual.items())
    say(f"for whom the caps do not name, the settings hold: {usual}")
