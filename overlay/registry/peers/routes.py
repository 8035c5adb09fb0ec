"""Next hops that the operator configures, as the registry keeps them (GW-8). Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput
from overlay.naming.ids import GATEWAY, PartyId, check_domain
from overlay.wire.malformed import MALFORMED

BELOW = "*."
EVERYTHING = "*"
MAX_ROUTES = 1000
MAX_VIA = 16


class Route(msgspec.Struct, frozen=True):
    """What is for `domain` (or `*.domain`: all below it) goes to the first of `via` that is reached."""

    domain: str
    via: tuple[str, ...]
    """Peers, or other domains that have a way themselves."""


class ConfiguredRoutes(msgspec.Struct, frozen=True):
    """All of them. `refused`: domains for which nothing of others is carried, neither to nor from them."""

    routes: tuple[Route, ...] = ()
    refused: tuple[str, ...] = ()

    def with_route(self, route: Route) -> ConfiguredRoutes:
        """And this one, instead of another for the same."""
        others = tuple(other for other in self.routes if other.domain != route.domain)
        return msgspec.structs.replace(
            self, routes=tuple(sorted((*others, route), key=lambda one: one.domain))
        )

    def without_route(self, domain: str) -> ConfiguredRoutes:
        """But for the one for `domain`."""
        return msgspec.structs.replace(
            self, routes=tuple(route for route in self.routes if route.domain != domain)
        )

    def with_refused(self, domain: str) -> ConfiguredRoutes:
        """And this one refused."""
        return msgspec.structs.replace(self, refused=tuple(sorted({*self.refused, domain})))

    def without_refused(self, domain: str) -> ConfiguredRoutes:
        """But for this one."""
        return msgspec.structs.replace(self, refused=tuple(one for one in self.refused if one != domain))


class SetRoutes(msgspec.Struct, frozen=True):
    """From now on these. `was`: as the operator saw them; another one may have changed them since."""

    routes: ConfiguredRoutes
    was: ConfiguredRoutes


def check_routes(routes: ConfiguredRoutes, own: str) -> ConfiguredRoutes:
    """`routes`, if domain `own` can go by them. Raises BadName, BadInput."""
    if len(routes.routes) > MAX_ROUTES or len(routes.refused) > MAX_ROUTES:
        raise BadInput(f"there are up to {MAX_ROUTES} routes: name a domain above, such as '*.b.example'")
    for route in routes.routes:
        check_target(route.domain)
        if route.domain == own:
            raise BadInput(f"{own} is this domain itself: nothing for it goes elsewhere")
        if not 0 < len(route.via) <= MAX_VIA:
            raise BadInput(f"a route has 1 to {MAX_VIA} next hops, in the order in which they are tried")
        for hop in route.via:
            if check_domain(hop) in (own, route.domain):
                raise BadInput(f"{hop} is no next hop for {route.domain}: name a peer that leads there")
    for domain in routes.refused:
        check_target(domain)
    return routes


def check_target(text: str) -> str:
    """`text`, if it is a domain, `*.domain` or `*`. Raises BadName."""
    if text != EVERYTHING:
        check_domain(text.removeprefix(BELOW))
    return text


def domain_of(text: str) -> str:
    """The domain that a gateway ID (`gw@b.example`) or a domain means; patterns stay. Raises BadName."""
    if "@" not in text:
        return check_target(text)
    party = PartyId.parse(text)
    if party.name != GATEWAY:
        raise BadInput(f"{text} is an agent: ways lead to domains; write {party.domain}")
    return party.domain


def encode_routes(routes: ConfiguredRoutes) -> bytes:
    """For the store."""
    return msgspec.json.encode(routes)


def decode_routes(data: bytes) -> ConfiguredRoutes:
    """Raises BadInput."""
    try:
        return msgspec.json.decode(data, type=ConfiguredRoutes) if data else ConfiguredRoutes()
    except MALFORMED as error:
        raise BadInput(f"these are no routes: {error}") from error
