"""Where a message goes next: agents of ours, peers, and ways to all others (GW-7, GW-8, GW-12). Pure."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator

from bridges.frames.frame import Default, Reach
from bridges.routing.announced import Announced, Path
from bridges.routing.change_log import ChangeLog
from bridges.routing.configured import Configured
from bridges.routing.learned import Learned
from bridges.routing.transit import Looped, TooFar, Transit
from bridges.routing.ways import Source, Way
from overlay.errors import NotPermitted, OverlayError, Refused, Unreachable
from overlay.registry.peers.relation import PLAIN, Relation, Standing, carries
from overlay.registry.peers.routes import ConfiguredRoutes
from overlay.settings import Settings

_DECIDED = 10_000
"""Domains for which the ways are kept in order: who sends to made-up ones does not fill our memory."""


class NoRoute(Refused):
    """Nobody knows the way."""

    reason = "no-route"


class Routes:
    """Of one process of the gateway. `steady` is a clock that is never set, in seconds."""

    def __init__(self, domain: str, settings: Settings, steady: Callable[[], float] = time.monotonic) -> None:
        self.domain = domain
        self.announced = Announced(
            domain, settings.route_domains, settings.gateway_hops, settings.route_settle_s, steady
        )
        self.configured = Configured(ConfiguredRoutes())
        self.learned = Learned(settings.route_learned, settings.route_learned_s, steady)
        self.log = ChangeLog(2 * settings.route_domains)
        self.on_change: list[Callable[[], None]] = []
        """Called whenever ways changed."""
        self.version = 0
        """Another one whenever something else may be decided."""
        self._settings = settings
        self._steady = steady
        self._began = steady()
        self._agents: set[str] = set()
        self._known: dict[str, tuple[Way, ...]] = {}
        self._decided: dict[str, tuple[Way, ...]] = {}
        self._awaited: dict[str, float] = {}

    # -- agents of ours -----------------------------------------------------------------------------------
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

    # -- what we know ---------------------------------------------------------------------------------------
    def link(self, domain: str, standing: Standing = PLAIN) -> None:
        """Domain `domain` is a peer, and stands so to us from now on."""
        known = self.announced.neighbours.get(domain)
        if known is not None and known.standing == standing:
            return
        self.announced.neighbour(domain).standing = standing
        self.log.everything()
        self._changed(self.domains() | {domain})

    def unlink(self, domain: str) -> None:
        """It is no peer any more."""
        self._changed(self.announced.leave(domain))

    def up(self, peer: str, line: str) -> None:
        """There is such a line to this peer."""
        self._changed(self.announced.up(peer, line))

    def down(self, peer: str, line: str) -> None:
        """There is no more: what it told over it counts no more."""
        self._changed(self.announced.down(peer, line))

    def take(self, peer: str, line: str, reach: Reach) -> None:
        """A peer told this of its ways over a line that is up."""
        self._changed(self.announced.take(peer, line, reach))

    def configure(self, routes: ConfiguredRoutes) -> None:
        """From now on our operator says this."""
        if routes != self.configured.routes:
            self.configured = Configured(routes)
            self.log.everything()  # what is refused now is told no more, and the other way round
            self._changed(())

    def learn(self, domain: str, hop: str) -> None:
        """A message of `domain` came by the peer `hop`: so may go the answer."""
        if domain not in self._known and self.learned.put(domain, hop):
            self._decided.pop(domain, None)
            self.version += 1

    # -- ways ---------------------------------------------------------------------------------------------
    def next_hop(self, domain: str, transit: Transit) -> str:
        """The peer to which a message for `domain` goes that came as `transit` says: never one where it has
        been, nor one that we do not carry it to.

        Raises NoRoute, Looped, TooFar, NotPermitted; Unreachable where there may be a way later.
        """
        ways = self._decided.get(domain)
        if ways is None:
            ways = self._decide(domain)
        if transit.hops < 1:
            raise TooFar(f"{domain} is further than a message may go")
        been, ours = transit.path, len(transit.path) < 2
        if not ours and self.configured.refuses(been[0], domain):
            raise NotPermitted(f"not permitted: {self.domain} carries nothing between {been[0]} and {domain}")
        source = PLAIN if ours else self.standing(been[-2])
        for way in ways:
            if (
                not way.meets(been)
                and (ours or carries(source, self.standing(way.hop)))
                and (way.source is not Source.LEARNED or way.until > self._steady())
            ):
                return way.hop
        raise self._nowhere(domain, ways, been)

    def ways(self, domain: str) -> tuple[Way, ...]:
        """All that are known, in the order in which they are tried."""
        return self._decided.get(domain) or self._decide(domain)

    def lasting(self, domain: str) -> bool:
        """Whether what was decided holds until `version` is another: no way ends by itself."""
        return all(way.source is not Source.LEARNED for way in self.ways(domain))

    def reaches(self, domain: str) -> bool:
        """Whether a link is up by which an agent of ours reaches it."""
        ways = self.ways(domain)
        return bool(ways) and ways[0].up

    def may_bring(self, peer: str, domain: str) -> bool:
        """Whether messages of `domain` may come by this peer: it leads there, or all that is not known comes
        by it.
        """
        if peer == domain or self.announced.told_by(peer, domain):
            return True
        if peer not in self.announced.neighbours:
            return False
        if self.standing(peer).relation is Relation.PARENT:
            return True
        return any(way.hop == peer for way in self._configured_ways(domain, {domain}))

    def lost(self, domain: str) -> bool:
        """Whether it is a peer, or there was another way to it lately: so there may be again."""
        return domain in self.announced.neighbours or self._awaited.get(domain, -math.inf) > self._steady()

    def awaited(self, domain: str) -> bool:
        """Whether there may be a way later: also one that is configured, or that peers have yet to tell."""
        if self.lost(domain) or self.configured.via(domain):
            return True
        whole = all(neighbour.whole for neighbour in self.announced.neighbours.values())
        return not whole and self._steady() < self._began + self._settings.route_settle_s

    def standing(self, peer: str) -> Standing:
        """Of a peer; plain, of one that is none any more."""
        neighbour = self.announced.neighbours.get(peer)
        return PLAIN if neighbour is None else neighbour.standing

    def domains(self) -> set[str]:
        """To which peers that are linked lead."""
        return set(self._known)

    # -- what others are told -----------------------------------------------------------------------------
    def told_to(self, peer: str, domain: str) -> Path | None:
        """The way of a message that this peer brings: what it is told; None: there is none for it."""
        target = self.standing(peer)
        if target.relation is Relation.CHILD or domain == peer or self.configured.refuses(domain):
            return None
        for way in self._known.get(domain, ()):
            if peer not in way.path and carries(target, self.standing(way.hop)):
                return (self.domain, *way.path) if len(way.path) < self._settings.gateway_hops else None
        return None

    def default_for(self, peer: str) -> Default:
        """What we are for this peer: for a child, its way to what it does not know."""
        if self.standing(peer).relation is not Relation.CHILD:
            return Default.NONE
        parents = self.announced.parents()
        return Default.ALL if not parents or parents[0].default is Default.ALL else Default.PARTIAL

    # -- within -------------------------------------------------------------------------------------------
    def _changed(self, domains: Iterable[str]) -> None:
        for domain in domains:
            self._look_again(domain)
        self._decided.clear()
        self.version += 1
        for tell in self.on_change:
            tell()

    def _look_again(self, domain: str) -> None:
        before = self._known.get(domain, ())
        found = [
            Way(neighbour.domain, Source.DIRECT if len(path) == 1 else Source.ANNOUNCED, path)
            for neighbour, path in self.announced.ways(domain)
        ]
        found.sort(key=lambda way: (len(way.path), self.standing(way.hop).rank, way.hop))
        if tuple(found) == before:
            return
        if found:
            self._known[domain] = tuple(found)
        else:
            del self._known[domain]
        self.log.mark(domain)
        if before and before[0].hop not in {way.hop for way in found}:
            self._await(domain, self._settings.route_settle_s if found else self._settings.route_lost_s)

    def _await(self, domain: str, wait_s: float) -> None:
        self._awaited.pop(domain, None)
        self._awaited[domain] = self._steady() + wait_s
        if len(self._awaited) > self._settings.route_domains:
            self._awaited.pop(next(iter(self._awaited)))

    def _decide(self, domain: str) -> tuple[Way, ...]:
        known = self._known.get(domain, ())
        first = [way for way in known if way.source is Source.DIRECT]
        rest = [way for way in known if way.source is not Source.DIRECT]
        told = [*first, *self._configured_ways(domain, {domain}), *rest]
        found = [*told, *self._learned_ways(domain), *self._defaults()]
        if domain in self.announced.neighbours and not first:
            found.append(Way(domain, Source.DIRECT, (domain,), up=False))
        ways = tuple(sorted(found, key=lambda way: not way.up))
        if len(self._decided) >= _DECIDED:
            self._decided.clear()
        self._decided[domain] = ways
        return ways

    def _configured_ways(self, domain: str, been: set[str]) -> Iterator[Way]:
        """A next hop that is no peer is looked up itself, and so on, but none twice."""
        for hop in self.configured.via(domain):
            if hop in been:
                continue
            neighbour = self.announced.neighbours.get(hop)
            if neighbour is not None:
                yield Way(hop, Source.CONFIGURED, (hop,), neighbour.up)
                continue
            been.add(hop)
            known = self._known.get(hop, ())
            for way in known or self._configured_ways(hop, been):
                yield Way(way.hop, Source.CONFIGURED, way.path, way.up)

    def _learned_ways(self, domain: str) -> Iterator[Way]:
        hop, until = self.learned.get(domain)
        neighbour = self.announced.neighbours.get(hop)
        if neighbour is not None and neighbour.up:
            yield Way(hop, Source.LEARNED, (hop,), until=until)

    def _defaults(self) -> Iterator[Way]:
        for parent in self.announced.parents():
            up = parent.up and parent.default is not Default.NONE
            if up or not parent.whole:
                yield Way(parent.domain, Source.DEFAULT, (parent.domain,), up)

    def _nowhere(self, domain: str, ways: tuple[Way, ...], been: Path) -> OverlayError:
        met = {way.source for way in ways if way.meets(been)}
        later = Unreachable(f"there is no way to {domain} now")
        if met & {Source.DIRECT, Source.CONFIGURED}:
            return Looped(f"the way to {domain} leads back to where it has been, as it is configured")
        if Source.ANNOUNCED in met or self._awaited.get(domain, -math.inf) > self._steady():
            return later
        if len(been) > 1 and any(way.up and not way.meets(been) for way in ways):
            return NotPermitted(f"not permitted: {self.domain} does not carry from {been[-2]} to {domain}")
        if self.awaited(domain):
            return later
        return NoRoute(f"there is no way to {domain}: peer with it (overlay peer add)")
