"""Next hops as our operator configured them, by domain or for all below one (GW-8, GW-12). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from overlay.registry.peers.routes import BELOW, ConfiguredRoutes


class Configured:
    """Looks up by segments: the domain itself, then `*.` and each of its ends, the longest first."""

    def __init__(self, routes: ConfiguredRoutes) -> None:
        self.routes = routes
        self._via = {route.domain: route.via for route in routes.routes}
        self._refused = frozenset(routes.refused)

    def via(self, domain: str) -> tuple[str, ...]:
        """By which domains it is reached, in the order in which they are tried; they need not be peers."""
        if not self._via:
            return ()
        return next((self._via[name] for name in _names(domain) if name in self._via), ())

    def refuses(self, *domains: str) -> bool:
        """Whether we carry nothing for one of these."""
        return bool(self._refused) and any(
            name in self._refused for domain in domains for name in _names(domain)
        )


def _names(domain: str) -> Iterator[str]:
    yield domain
    rest = domain
    while rest:
        rest = rest.partition(".")[2]
        yield f"{BELOW}{rest}" if rest else "*"
