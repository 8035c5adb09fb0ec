"""Where a message goes next: agents of ours, peers by domain, configured next hops (GW-7, GW-8). Pure."""

from __future__ import annotations

from bridges.routing.transit import Looped, TooFar, Transit
from overlay.errors import Refused


class NoRoute(Refused):
    """Nobody knows the way."""

    reason = "no-route"


class Routes:
    """`parent`: the next hop where nothing else is configured; empty: none."""

    def __init__(self, domain: str, parent: str = "") -> None:
        self.domain = domain
        self._parent = parent
        self._agents: set[str] = set()
        self._peers: set[str] = set()
        self._via: dict[str, str] = {}

    def attach(self, name: str) -> None:
        """An agent of this domain is registered."""
        self._agents.add(name)

    def detach(self, name: str) -> None:
        """It is no longer."""
        self._agents.discard(name)

    def detach_all(self) -> None:
        """Begin anew."""
        self._agents.clear()

    def attached(self, name: str) -> bool:
        """Whether this is an agent of ours."""
        return name in self._agents

    def link(self, domain: str) -> None:
        """Domain `domain` is a peer."""
        self._peers.add(domain)

    def unlink(self, domain: str) -> None:
        """It is no longer."""
        self._peers.discard(domain)

    def via(self, domain: str, next_hop: str) -> None:
        """What is for `domain` goes to peer `next_hop`."""
        self._via[domain] = next_hop

    def next_hop(self, domain: str, transit: Transit) -> str:
        """The peer to which a message for `domain` goes. Raises NoRoute, Looped, TooFar."""
        hop = domain if domain in self._peers else self._via.get(domain, self._parent)
        if hop not in self._peers:
            raise NoRoute(f"there is no way to {domain}: peer with it (overlay peer add)")
        if hop in transit.path:
            raise Looped(f"the way to {domain} leads back to {hop}")
        if transit.hops < 1:
            raise TooFar(f"{domain} is further than a message may go")
        return hop
