"""`overlay sight`: who may find whom, and why (REG-11)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.naming.ids import PartyId
from overlay.policy.caller import caller_of
from overlay.registry.registration import consent
from overlay.registry.search.client import SearchClient
from overlay.registry.search.discovery_policy import DiscoveryPolicy, Seen, explain, parse_policy, sees
from overlay.text_file import read_text
from overlay.trust.keycard import open_card

app = typer.Typer(help="Who may find whom, and why.", rich_markup_mode=None)


@app.command()
def show(home: Home = HERE, json: Json = False) -> None:
    """Show the domain's discovery policy."""

    async def work() -> DiscoveryPolicy:
        async with operator(DomainFolder.open(home)) as hand:
            return await _client(hand).sight()

    _say(run(work()), json=json)


@app.command(name="set")
def set_(
    file: Annotated[
        Path, typer.Argument(help="The discovery policy (docs/registry-discovery.md); the whole of it.")
    ],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Set the domain's discovery policy; it holds for the next question."""
    policy = parse_policy(read_text(file), str(file))

    async def work() -> DiscoveryPolicy:
        async with operator(DomainFolder.open(home)) as hand:
            await _client(hand).set_sight(policy)
            return await _client(hand).sight()

    _say(run(work()), json=json)


@app.command()
def check(
    origin: Annotated[str, typer.Option("--from", help="Who looks: name@domain, of this domain.")],
    target: Annotated[str, typer.Option("--to", help="Who is looked for: name@domain.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say whether one agent finds another, and why. Exit code 0: it does; 1: it does not."""

    async def work() -> Seen:
        async with operator(DomainFolder.open(home)) as hand:
            return await _check(hand, PartyId.parse(origin), PartyId.parse(target))

    seen = run(work())
    if json:
        show_json({"from": origin, "to": target, "finds": seen.visible, "why": seen.why})
    else:
        say(f"{origin} {'finds' if seen.visible else 'does not find'} {target}: {seen.why}")
    if not seen.visible:
        raise SystemExit(1)


async def _check(hand: Operator, origin: PartyId, target: PartyId) -> Seen:
    record = await hand.registry.resolve(target)
    looking = await hand.registry.resolve(origin)
    identity = open_card(looking.card, hand.endpoint.trust, hand.endpoint.party.clock()).identity
    seen = sees(await _client(hand).sight(), caller_of(identity, hand.endpoint.me.domain), record)
    if seen.visible and consent.visible(record, origin) is None:
        return Seen(False, f"{target} does not show its entry to {origin}")
    return seen


def _client(hand: Operator) -> SearchClient:
    return SearchClient(hand.registry, hand.endpoint.party.clock)


def _say(policy: DiscoveryPolicy, *, json: bool) -> None:
    if json:
        show_json(msgspec.to_builtins(policy))
        return
    for line in explain(policy):
        say(line)
