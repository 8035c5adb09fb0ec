"""Our ways in words, for operators (`overlay route`). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bridges.routing.routes import Routes
from bridges.routing.transit import departing
from bridges.routing.ways import Source, Way
from overlay.errors import Refused, Unavailable
from overlay.gateway.routes import RouteExplained, RoutesTold, RouteTold
from overlay.naming.ids import GATEWAY, PartyId, check_domain
from overlay.registry.peers.relation import explain_standing
from overlay.registry.peers.routes import EVERYTHING

_PAGE = 200
_ATTACHED = "attached"


def told(routes: Routes, after: str) -> RoutesTold:
    """A page of all ways, those that our operator configured as they are written."""
    rows = sorted(_rows(routes), key=lambda row: (row.destination, row.source))
    rows = [row for row in rows if row.destination > after]
    end = _PAGE
    while 0 < end < len(rows) and rows[end - 1].destination == rows[end].destination:
        end += 1  # a page ends with all of one destination
    return RoutesTold(tuple(rows[:end]), len(rows) > end)


def explained(routes: Routes, target: str, hops: int) -> RouteExplained:
    """Where a message of an agent of ours for `target` goes, and why. Raises BadName."""
    domain, why = _home(target)
    if domain == routes.domain:
        source, said = _here(routes, target)
        return RouteExplained(domain, "", (), source, (said,))
    why += _unpeered(routes, domain)
    ways = routes.ways(domain)
    try:
        hop = routes.next_hop(domain, departing(routes.domain, hops, 0.0))
    except (Refused, Unavailable) as error:
        return RouteExplained(domain, "", (), "", (*why, f"{error}"))
    chosen = next(way for way in ways if way.hop == hop)
    why.append(f"it goes to {hop}: {_reason(domain, chosen)}")
    if chosen.source is not Source.DEFAULT:  # which says it already
        why.append(explain_standing(hop, routes.standing(hop)))
    why += [f"else to {way.hop}: {_reason(domain, way)}" for way in ways if way is not chosen]
    return RouteExplained(domain, hop, chosen.path, chosen.source, tuple(why))


def _rows(routes: Routes) -> Iterator[RouteTold]:
    yield RouteTold(routes.domain, "", (), _ATTACHED, up=True)
    for domain in routes.domains() | set(routes.announced.neighbours):
        way = next(iter(routes.ways(domain)))
        if way.source is not Source.CONFIGURED:
            yield RouteTold(domain, way.hop, way.path, way.source, way.up)
    for route in routes.configured.routes.routes:
        reached = next((way for way in routes.ways(route.via[0]) if way.up), None)
        hop = reached.hop if reached else route.via[0]
        yield RouteTold(route.domain, hop, route.via, Source.CONFIGURED, reached is not None)
    for parent in routes.announced.parents():
        yield RouteTold(EVERYTHING, parent.domain, (), Source.DEFAULT, parent.up and bool(parent.default))


def _home(target: str) -> tuple[str, list[str]]:
    if "@" not in target:
        return check_domain(target), []
    party = PartyId.parse(target)
    kind = "a gateway ID" if party.name == GATEWAY else "an agent ID"
    return party.domain, [f"{target} is {kind}: what is for it goes to {party.domain}, its home"]


def _here(routes: Routes, target: str) -> tuple[str, str]:
    """The source, which is empty where there is no such agent, and a sentence."""
    name = target.rpartition("@")[0]
    said = f"{routes.domain} is our own domain"
    if not name:
        return _ATTACHED, said
    if name == GATEWAY:
        return _ATTACHED, f"{said}, and {name} its gateway, which answers this"
    if routes.attached(name):
        return _ATTACHED, f"{said}, and {name} is attached here"
    return "", f"{said}, and {name} is no agent that has access here"


def _unpeered(routes: Routes, domain: str) -> list[str]:
    """Next hops that our operator configured, and by which nothing goes."""
    known = routes.domains() | set(routes.announced.neighbours)
    return [
        f"our operator says that it goes to {hop} (overlay route), which is no peer, and nobody leads there"
        for hop in routes.configured.via(domain)
        if hop not in known and not routes.configured.via(hop)
    ]


def _reason(domain: str, way: Way) -> str:
    said = {
        Source.DIRECT: "it is the domain itself, a peer of ours",
        Source.CONFIGURED: "our operator says so (overlay route)",
        Source.ANNOUNCED: f"it told us of the way {' → '.join(way.path)}",
        Source.LEARNED: f"a message of {domain} came by it a while ago",
        Source.DEFAULT: "it is a parent, where all goes that we know no other way for",
    }[way.source]
    return said if way.up else f"{said}; but it is not linked now"
