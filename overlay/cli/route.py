"""`overlay route`: by which domains others are reached, and why (GW-8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.route_explain import explain
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.errors import NotFound, Unavailable
from overlay.gateway.client import GatewayClient
from overlay.gateway.routes import RouteTold, RouteTraced
from overlay.naming.ids import GATEWAY
from overlay.registry.peers.routes import ConfiguredRoutes, Route, check_target, domain_of

app = typer.Typer(help="By which domains others are reached, and why.", rich_markup_mode=None)
app.command()(explain)
Target = Annotated[
    str, typer.Argument(help="A domain, all below one ('*.b.example'), '*' or a gateway ID (gw@b.example).")
]


@app.command("list")
def list_routes(home: Home = HERE, json: Json = False) -> None:
    """The gateway's live table: where what is for whom goes, and where that is known from."""
    routes, refused = run(_all(home))
    if json:
        show_json({"routes": [msgspec.to_builtins(route) for route in routes], "refused": list(refused)})
        return
    rows = [(one.destination, one.hop or "here", _path(one), one.source, _state(one)) for one in routes]
    show_table(("destination", "next hop", "path", "known", "state"), rows, "")
    for domain in refused:
        say(f"Nothing of others is carried to or from {domain}.")


@app.command()
def trace(
    target: Annotated[str, typer.Argument(help="A gateway (gw@b.example), a domain or an agent.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Ask every gateway on the way to answer: each hop and its delay. Exit code 1: it is not reached now."""

    async def work() -> RouteTraced:
        async with operator(DomainFolder.open(home)) as hand:
            return await GatewayClient(hand.endpoint).trace(target)

    traced = run(work())
    if json:
        show_json(msgspec.to_builtins(traced))
    else:
        rows = [
            (number, f"{GATEWAY}@{hop.domain}", f"{hop.after_ms:.1f} ms")
            for number, hop in enumerate(traced.hops, 1)
        ]
        show_table(("hop", "gateway", "there and back"), rows, "No gateway answered.")
        if not traced.reached:
            say(f"It ends at {traced.ended} ({traced.reason}): {traced.why}.")
    if not traced.reached:
        raise SystemExit(1)


@app.command()
def add(
    target: Target,
    via: Annotated[
        list[str],
        typer.Option(help="By which domain or gateway; several are tried in turn. It need not be a peer."),
    ],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Reach a domain by another one, instead of by another way that was added for it."""
    route = Route(domain_of(target), tuple(domain_of(hop) for hop in via))
    kept, said = run(_add(home, route))
    _report(kept, "\n".join(said), json=json)


@app.command()
def remove(target: Target, home: Home = HERE, json: Json = False) -> None:
    """Take away what was added for a domain."""
    domain = domain_of(target)

    def change(routes: ConfiguredRoutes) -> ConfiguredRoutes:
        if domain not in {route.domain for route in routes.routes}:
            raise NotFound(f"no way to {domain} was added: `overlay route list` shows all")
        return routes.without_route(domain)

    _report(run(_change(home, change)), f"The way that was added for {domain} is gone.", json=json)


@app.command()
def refuse(
    domain: Annotated[str, typer.Argument(help="A domain, or all below one ('*.b.example').")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Carry nothing to or from a domain for others. Our own agents still reach it."""
    check_target(domain)
    kept = run(_change(home, lambda routes: routes.with_refused(domain)))
    _report(kept, f"Nothing of others is carried to or from {domain}.", json=json)


@app.command()
def permit(
    domain: Annotated[str, typer.Argument(help="A domain that was refused.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Carry for a domain again."""
    kept = run(_change(home, lambda routes: routes.without_refused(check_target(domain))))
    _report(kept, f"{domain} is carried as others are.", json=json)


async def _all(home: Path) -> tuple[list[RouteTold], tuple[str, ...]]:
    async with operator(DomainFolder.open(home)) as hand:
        configured = await hand.peers.routes()
        return await GatewayClient(hand.endpoint).routes(), configured.refused


async def _change(home: Path, change: Callable[[ConfiguredRoutes], ConfiguredRoutes]) -> ConfiguredRoutes:
    async with operator(DomainFolder.open(home)) as hand:
        was = await hand.peers.routes()
        return await hand.peers.set_routes(change(was), was)


async def _add(home: Path, route: Route) -> tuple[ConfiguredRoutes, list[str]]:
    """All that are configured now, and what is said of this one."""
    async with operator(DomainFolder.open(home)) as hand:
        was = await hand.peers.routes()
        before = next((old.via for old in was.routes if old.domain == route.domain), route.via)
        instead = f", instead of to {', else to '.join(before)}" if before != route.via else ""
        kept = await hand.peers.set_routes(was.with_route(route), was)
        dead = await _dead_ends(hand, kept, route.via)
    said = [f"What is for {route.domain} goes to {', else to '.join(route.via)}{instead}."]
    return kept, [*said, *(f"{hop} is no peer yet: nothing goes there until it is." for hop in dead)]


async def _dead_ends(hand: Operator, kept: ConfiguredRoutes, via: Sequence[str]) -> list[str]:
    """Next hops that are no peers, and that no peer leads to, as far as the gateway says."""
    known = {peer.domain for peer in await hand.peers.all()} | {route.domain for route in kept.routes}
    if not known.issuperset(via):
        with suppress(Unavailable):  # it is kept all the same
            known |= {told.destination for told in await GatewayClient(hand.endpoint).routes()}
    return [hop for hop in via if hop not in known]


def _report(kept: ConfiguredRoutes, said: str, *, json: bool) -> None:
    if json:
        show_json(msgspec.to_builtins(kept))
    else:
        say(said)


def _path(route: RouteTold) -> str:
    return " → ".join(route.path)


def _state(route: RouteTold) -> str:
    return "up" if route.up else "down"
