"""`overlay sight`: who may find whom, and why (REG-11)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_good, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.sight_check import check_sight
from overlay.naming.ids import PartyId
from overlay.registry.search.client import SearchClient
from overlay.registry.search.discovery_policy import DiscoveryPolicy, Seen, explain, parse_policy
from overlay.text_file import read_text

app = typer.Typer(help="Who may find whom, and why.", rich_markup_mode=None)
File = Annotated[
    Path, typer.Argument(help="The discovery policy (docs/registry-discovery.md); the whole of it.")
]


@app.command()
def show(home: Home = HERE, json: Json = False) -> None:
    """Show the domain's discovery policy."""

    async def work() -> DiscoveryPolicy:
        async with operator(DomainFolder.open(home)) as hand:
            return await _client(hand).sight()

    _say(run(work()), json=json)


@app.command(name="set")
def set_(
    file: File,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Set the domain's discovery policy; it holds for the next question."""
    _say(run(_kept(home, parse_policy(read_text(file), str(file)))), json=json)


@app.command()
def check(file: File, json: Json = False) -> None:
    """Say whether a file can be set, and what it says or what is wrong. Nothing is changed; no domain is
    needed.
    """
    policy = parse_policy(read_text(file), str(file))
    show_good(file, {"policy": msgspec.to_builtins(policy)}, explain(policy), json=json)


@app.command()
def clear(home: Home = HERE, json: Json = False) -> None:
    """No policy: agents of the domain find everybody."""
    _say(run(_kept(home, DiscoveryPolicy())), json=json)


@app.command()
def why(
    origin: Annotated[str, typer.Option("--from", help="Who looks: name@domain, of this domain or a peer.")],
    target: Annotated[str, typer.Option("--to", help="Who is looked for: name@domain.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say whether one agent finds another, and why. Exit code 0: it does; 1: it does not."""

    async def work() -> Seen:
        async with operator(DomainFolder.open(home)) as hand:
            return await check_sight(hand, PartyId.parse(origin), PartyId.parse(target))

    seen = run(work())
    if json:
        show_json({"from": origin, "to": target, "finds": seen.visible, "why": seen.why})
    else:
        say(f"{origin} {'finds' if seen.visible else 'does not find'} {target}: {seen.why}")
    if not seen.visible:
        raise SystemExit(1)


async def _kept(home: Path, policy: DiscoveryPolicy) -> DiscoveryPolicy:
    async with operator(DomainFolder.open(home)) as hand:
        await _client(hand).set_sight(policy)
        return await _client(hand).sight()


def _client(hand: Operator) -> SearchClient:
    return SearchClient(hand.registry, hand.endpoint.party.clock)


def _say(policy: DiscoveryPolicy, *, json: bool) -> None:
    if json:
        show_json(msgspec.to_builtins(policy))
        return
    for line in explain(policy):
        say(line)
