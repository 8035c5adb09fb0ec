"""`overlay route explain`: where a message goes, and why (GW-8)."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.errors import NotFound, Unavailable
from overlay.gateway.client import GatewayClient
from overlay.gateway.routes import RouteExplained
from overlay.naming.ids import GATEWAY, PartyId


def explain(
    target: Annotated[str, typer.Argument(help="An agent, a gateway or a domain.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say where a message goes, and why. Exit code 1: nowhere now, or to no agent of ours."""

    async def work() -> RouteExplained:
        async with operator(DomainFolder.open(home)) as hand:
            told = await GatewayClient(hand.endpoint).route(target)
            return msgspec.structs.replace(told, why=(*told.why, *await _unheard(hand, target, told)))

    told = run(work())
    if json:
        show_json(msgspec.to_builtins(told))
    else:
        for line in told.why:
            say(f"{_sentence(line)}.")
    if not told.source:
        raise SystemExit(1)


async def _unheard(hand: Operator, target: str, told: RouteExplained) -> list[str]:
    """Whether our registry has not heard of the agent, which only peers tell of by themselves."""
    if "@" not in target or target == f"{GATEWAY}@{told.domain}":
        return []
    try:
        if told.domain not in {peer.domain for peer in await hand.peers.all()}:
            return []
        await hand.registry.resolve(PartyId.parse(target))
    except NotFound:
        why = "there is none, it is kept from us, or we have not heard from there yet"
        return [f"{told.domain} has told us of no agent {target}: {why}"]
    except Unavailable as error:
        return [f"whether there is such an agent our registry does not say now: {error}"]
    return []


def _sentence(text: str) -> str:
    """It begins with a capital letter, but for a name, which people copy."""
    first = text.partition(" ")[0]
    return text if "." in first or "@" in first else f"{text[0].upper()}{text[1:]}"
