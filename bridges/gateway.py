"""The gateway of a domain, put together: departures out, arrivals in, a neighbour for each peer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.roster import Roster
from bridges.inflow import Inflow
from bridges.lasting import lasting
from bridges.links.acceptor import Acceptor
from bridges.links.dialler import Dialler
from bridges.links.link import Link
from bridges.links.link_renewal import LinkRenewal
from bridges.links.liveness import Liveness
from bridges.links.neighbour import Neighbour
from bridges.links.peer import Peer
from bridges.links.traffic import Traffic
from bridges.outflow import Outflow
from bridges.ports import Complain, Connect, LinkCertificates, RegistryPort
from bridges.routing.routes import Routes
from bridges.synchronising.learning import Learning
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import OverlayError
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import departures
from overlay.settings import Settings
from overlay.transport.contract import OnError, Reader, Transport
from overlay.trust.credentials import Credentials


class Gateway:
    """One process of it. `transport` is our own broker's, and stays the caller's to close."""

    def __init__(
        self,
        me: Credentials,
        transport: Transport,
        registry: RegistryPort,
        connect: Connect,
        settings: Settings,
        clock: Clock,
        *,
        complain: Complain,
        on_error: OnError,
        certificates: LinkCertificates | None = None,
    ) -> None:
        """`certificates`: renews those of links."""
        self.counters: Counter[str] = Counter()
        self.me = me
        """Set it when they are renewed: new sessions begin with it."""
        self.news = b""
        """Our CA's newest word on our roots: new sessions begin with it, too."""
        self._transport = transport
        self._registry = registry
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._on_error = on_error
        self._certificates = certificates
        self._routes = Routes(me.party.domain)
        self._roster = Roster(self._routes, registry, settings, clock, self.counters)
        self._border = Border(me.party.domain)
        self._exported = Exported()
        self.links: dict[str, Link] = {}
        """Our peers by domain: their state."""
        self._neighbours: dict[str, Neighbour] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._knows_peers = asyncio.Event()
        self._told_access = (-1, 0)
        self._alarmed = asyncio.Event()
        self._outflow = Outflow(
            self._routes, self.links, self._border, settings, clock, self.counters, complain
        )
        self._inflow = Inflow(
            me.party.domain,
            transport,
            self._roster,
            self._border,
            self._exported,
            settings,
            clock,
            self.counters,
        )
        self._acceptor = Acceptor(
            self._credentials, transport, self._neighbours, settings, clock, self.counters
        )

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled; then says goodbye. Raises Unreachable when our own broker was given up."""
        workers = [self._inflow.work() for _ in range(self._settings.gateway_store_workers)]
        async with (
            beside(
                *workers,
                self._lasting("following the registry", self._roster.follow),
                self._peers(),
                self._fencing(),
            ),
            AsyncExitStack() as stack,
        ):
            stack.push_async_callback(self._goodbye)
            await self._knows_peers.wait()  # before, greetings and departures would be refused
            for reader in await self._acceptor.start():
                stack.push_async_callback(reader.stop)
            for reader in await self._read_departures():
                stack.push_async_callback(reader.stop)
            ready()
            await self._transport.closed()

    async def _read_departures(self) -> tuple[Reader, Reader]:
        mailbox = departures(GATEWAY)
        realtime = await self._transport.read(mailbox, self._outflow.realtime)
        return realtime, await self._transport.read_stored(mailbox, self._outflow.stored)

    async def _peers(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    self._border.policy = await self._registry.border()
                    self._exported.take(await self._registry.exports(self._exported.mark))
                    await self._reconcile({peer.domain: peer for peer in await self._registry.peers()}, group)
                except OverlayError as error:
                    self._on_error("reading the peers", error)
                else:
                    self._knows_peers.set()
                self._fence()
                await self._tell_access()
                await asyncio.sleep(self._settings.gateway_poll_s)

    def alarm(self) -> None:
        """Somebody was revoked just now: end the lines and the access of whoever it is."""
        self._alarmed.set()

    async def _fencing(self) -> None:
        """At once; what expires meanwhile waits for the next look at our peers."""
        while True:
            await self._alarmed.wait()
            self._alarmed.clear()
            self._fence()

    def _fence(self) -> None:
        self._roster.fence()
        for neighbour in self._neighbours.values():
            neighbour.fence()

    async def _tell_access(self) -> None:
        """How many agents have access, when that changed."""
        told = (len(self._roster), len(self._roster.refused))
        if told == self._told_access:
            return
        try:
            await self._registry.attached(*told)
        except OverlayError as error:
            self._on_error("telling how many agents have access", error)
        else:
            self._told_access = told

    def _credentials(self) -> Credentials:
        return self.me

    async def _reconcile(self, wanted: dict[str, Peer], group: asyncio.TaskGroup) -> None:
        for domain, link in self.links.items():
            if domain in wanted:
                link.learn_roots(wanted[domain])
        for domain in [domain for domain, link in self.links.items() if wanted.get(domain) != link.peer]:
            await self._remove(domain, leaving=domain not in wanted)
        for domain, peer in wanted.items():
            if domain not in self.links:
                self._add(peer, group)

    def _add(self, peer: Peer, group: asyncio.TaskGroup) -> None:
        neighbour = self._neighbour(peer)
        self.links[peer.domain] = neighbour.link
        self._neighbours[link_name(peer.domain)] = neighbour
        self._routes.link(peer.domain)
        where = f"peer {peer.domain}"
        self._tasks[peer.domain] = group.create_task(self._lasting(where, neighbour.run), name=where)

    async def _remove(self, domain: str, *, leaving: bool) -> None:
        neighbour = self._neighbours[link_name(domain)]
        if leaving:  # else it is there again at once, and what departs meanwhile is not refused
            self._routes.unlink(domain)
        await neighbour.leave("the peering ended or changed", leaving=leaving)
        task = self._tasks.pop(domain)
        task.cancel()
        await asyncio.wait((task,))
        del self.links[domain], self._neighbours[link_name(domain)]

    def _neighbour(self, peer: Peer) -> Neighbour:
        settings, clock, counters, registry = self._settings, self._clock, self.counters, self._registry
        link = Link(peer, settings, registry.denies, time.monotonic())
        link.news = lambda: self.news
        learning = Learning(link, registry, settings, counters)
        traffic = Traffic(
            link,
            self._outflow,
            self._inflow,
            learning,
            registry,
            self._roster,
            settings,
            counters,
            self._on_error,
        )
        if self._certificates is not None:
            traffic.renewal = LinkRenewal(link, self._certificates, settings, counters)
        dialler = None
        if peer.addresses:
            dialler = Dialler(self._credentials, traffic, self._connect, settings, clock, counters)
        liveness = Liveness(link, learning, registry, settings.gateway_poll_s)
        return Neighbour(traffic, learning, liveness, dialler, settings, clock, counters, self._on_error)

    async def _goodbye(self) -> None:
        leaving = [
            neighbour.leave("the gateway stops", leaving=False) for neighbour in self._neighbours.values()
        ]
        await asyncio.gather(*leaving)

    async def _lasting(self, where: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
        await lasting(where, work, backoff, self._on_error)
