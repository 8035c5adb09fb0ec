"""Our peers, each with everything that runs for it: kept in step with what the registry says they are."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial

from bridges.border.roster import Roster
from bridges.forwarding import Forwarding
from bridges.frames.frame import (
    FarAnswer,
    FarQuestion,
    LinkCertificate,
    LinkRequest,
    Reach,
    Trace,
    TraceAnswer,
)
from bridges.inflow import Inflow
from bridges.lasting import lasting
from bridges.links.dialler import Dialler
from bridges.links.link import Link
from bridges.links.link_renewal import LinkRenewal
from bridges.links.liveness import Liveness
from bridges.links.neighbour import Neighbour, Work
from bridges.links.peer import Peer
from bridges.links.siblings import Siblings
from bridges.links.traffic import Traffic
from bridges.links.watch import Watch
from bridges.lookups.lookups import Lookups
from bridges.multicast.multicast import Multicast
from bridges.ports import Connect, LinkCertificates, Me, RegistryPort
from bridges.routing.exchange import Exchange
from bridges.routing.routes import Routes
from bridges.routing.tracing import Tracing
from bridges.synchronising.learning import Learning
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.naming.ids import link_name
from overlay.settings import Settings
from overlay.transport.contract import OnError


class Neighbourhood:
    """`forwarding`, `inflow`, `lookups`, `multicast` and `tracing` are set before the first peer is there."""

    forwarding: Forwarding
    inflow: Inflow
    lookups: Lookups
    multicast: Multicast
    tracing: Tracing

    def __init__(
        self,
        me: Me,
        routes: Routes,
        roster: Roster,
        registry: RegistryPort,
        connect: Connect,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
        certificates: LinkCertificates | None,
    ) -> None:
        """`certificates`: renews those of links."""
        self.links: dict[str, Link] = {}
        """Our peers by domain: their state."""
        self.by_name: dict[str, Neighbour] = {}
        """Our peers by the name of their link here."""
        self.news = b""
        """Our CA's newest word on our roots: new sessions begin with it."""
        self.siblings = Siblings(registry, self.links, settings, on_error)
        """The processes of our gateway."""
        self._me = me
        self._routes = routes
        self._roster = roster
        self._registry = registry
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._certificates = certificates
        self._tasks: dict[str, asyncio.Task[None]] = {}
        routes.on_change.append(self._tell_ways)

    async def reconcile(self, wanted: Mapping[str, Peer], group: asyncio.TaskGroup) -> None:
        """From now on these are our peers; what runs for each is a task of `group`."""
        for domain, link in self.links.items():
            if domain in wanted:
                link.learn_roots(wanted[domain])
                self._routes.link(domain, wanted[domain].standing)
        for domain in [domain for domain, link in self.links.items() if wanted.get(domain) != link.peer]:
            await self._remove(domain, leaving=domain not in wanted)
        for domain, peer in wanted.items():
            if domain not in self.links:
                self._add(peer, group)

    def fence(self) -> None:
        """End the lines of gateways whose certificates were revoked (CA-8)."""
        for neighbour in self.by_name.values():
            neighbour.fence()

    async def part(self) -> None:
        """Our process ends: every peer stops sending to it, and each line ends in order when all that is on
        its way is there; returns then, or after `drain_timeout_s`.
        """
        for link in self.links.values():
            link.leave()
        await self.siblings.leave()
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                for link in self.links.values():
                    while link.lines:
                        link.changed.clear()
                        await link.changed.wait()
        except TimeoutError:
            self._counters["not-parted-in-time"] += 1

    async def goodbye(self) -> None:
        """On every line."""
        leaving = [neighbour.leave("the gateway stops", leaving=False) for neighbour in self.by_name.values()]
        await asyncio.gather(*leaving)

    def _tell_ways(self) -> None:
        for exchange in self.forwarding.exchanges.values():
            exchange.changed()

    def _add(self, peer: Peer, group: asyncio.TaskGroup) -> None:
        neighbour = self._neighbour(peer)
        self.links[peer.domain] = neighbour.link
        self.by_name[link_name(peer.domain)] = neighbour
        self._routes.link(peer.domain, peer.standing)
        where = f"peer {peer.domain}"
        backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
        running = lasting(where, neighbour.run, backoff, self._on_error)
        self._tasks[peer.domain] = group.create_task(running, name=where)

    async def _remove(self, domain: str, *, leaving: bool) -> None:
        neighbour = self.by_name[link_name(domain)]
        if leaving:  # else it is there again at once, and what departs meanwhile is not refused
            self._routes.unlink(domain)
        await neighbour.leave("the peering ended or changed", leaving=leaving)
        task = self._tasks.pop(domain)
        task.cancel()
        await asyncio.wait((task,))
        del self.links[domain], self.by_name[link_name(domain)], self.forwarding.exchanges[domain]

    def _neighbour(self, peer: Peer) -> Neighbour:
        settings, clock, counters, registry = self._settings, self._clock, self._counters, self._registry
        link = Link(peer, settings, registry.denies, time.monotonic(), clock)
        link.news = lambda: self.news
        link.ours = self.siblings.told
        learning = Learning(link, self.siblings.leads, registry, settings, counters)
        traffic = Traffic(
            link,
            self.forwarding,
            self.inflow,
            learning,
            registry,
            self._roster,
            settings,
            counters,
            self._on_error,
        )
        self.multicast.attend(traffic)
        traffic.on(FarQuestion, partial(self.lookups.question, peer.domain))
        traffic.on(FarAnswer, partial(self.lookups.answer, peer.domain))
        traffic.on(Trace, partial(self.tracing.question, peer.domain))
        traffic.on(TraceAnswer, partial(self.tracing.answer, peer.domain))
        liveness = Liveness(link, self.siblings, learning, registry, settings.gateway_poll_s)
        watch = Watch(traffic, settings, counters)
        exchange = Exchange(peer.domain, self._routes, settings, counters)
        self.forwarding.exchanges[peer.domain] = exchange
        traffic.watchers.append(exchange)
        traffic.on(Reach, exchange.reach)
        works: dict[str, Work] = {
            "learning": learning.run,
            "liveness": liveness.run,
            "comparing the lines": watch.run,
            "telling our ways": exchange.run,
        }
        if peer.addresses:
            works["dialling"] = Dialler(self._me, traffic, self._connect, settings, clock, counters).run
        if self._certificates is not None:
            renewal = LinkRenewal(link, self._certificates, settings, counters)
            traffic.on(LinkRequest, renewal.request)
            traffic.on(LinkCertificate, renewal.certificate)
            works["renewing the link"] = renewal.run
        return Neighbour(traffic, works, settings, clock, counters, self._on_error)
