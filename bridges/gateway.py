"""The gateway of a domain, put together: departures out, arrivals in, a neighbour for each peer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.origins import Origins
from bridges.border.roster import Roster
from bridges.flows.inward import Inward
from bridges.flows.outward import Outward
from bridges.forwarding import Forwarding
from bridges.inflow import Inflow
from bridges.lasting import lasting
from bridges.links.acceptor import Acceptor
from bridges.lookups.lookups import Lookups
from bridges.multicast.multicast import Multicast
from bridges.multicast.slowing import Say
from bridges.neighbourhood import Neighbourhood
from bridges.outflow import Outflow
from bridges.parking import Parking
from bridges.ports import Complain, Connect, LinkCertificates, RegistryPort
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from bridges.routing.tracing import Tracing
from bridges.within import Within
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import OverlayError
from overlay.naming.ids import GATEWAY
from overlay.naming.mailboxes import departures
from overlay.naming.subjects import Priority
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
        say: Say,
        on_error: OnError,
        certificates: LinkCertificates | None = None,
    ) -> None:
        """`certificates`: renews those of links."""
        self.counters: Counter[str] = Counter()
        self.me = me
        """Set it when they are renewed: new sessions begin with it."""
        self._transport = transport
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._on_error = on_error
        self.routes = self._routes = Routes(me.party.domain, settings)
        """Where messages go next."""
        self._roster = Roster(self._routes, registry, settings, clock, self.counters)
        self._border = Border(me.party.domain)
        self._exported = Exported()
        self.caps = Caps(me.party.domain, self._roster.organisation_of, self._roster.takes_of)
        """What the operator lets through, of whom."""
        self.peers = Neighbourhood(
            lambda: self.me,
            self._routes,
            self._roster,
            registry,
            connect,
            settings,
            clock,
            self.counters,
            on_error,
            certificates,
        )
        self._knows_peers = asyncio.Event()
        self._told_access = (-1, 0)
        self._alarmed = asyncio.Event()
        forwarding = Forwarding(self._routes, self.peers.links, settings, self.counters, complain)
        self.peers.forwarding = forwarding
        within = Within(
            me.party.domain,
            transport,
            self._roster,
            self._border,
            self.caps,
            forwarding,
            clock,
            self.counters,
        )
        outward = Outward(self._border, self.caps, self._routes, self.peers.links, settings, self.counters)
        self._outflow = Outflow(
            me.party.domain,
            self._border,
            self.caps,
            forwarding,
            outward,
            within,
            settings,
            clock,
            self.counters,
        )
        self._parking = Parking(
            transport, self._outflow.stored, self._reaches, settings, clock, self.counters, complain
        )
        self.multicast = self.peers.multicast = Multicast(
            self._routes,
            self.peers.links,
            self._border,
            self.caps,
            say,
            transport,
            registry,
            settings,
            clock,
            self.counters,
            on_error,
        )
        self._inflow = self.peers.inflow = Inflow(
            self._routes,
            transport,
            self._roster,
            self._border,
            self.caps,
            self._exported,
            forwarding,
            self.multicast.casting,
            Inward(self._border, self.caps, self._roster, self._exported, settings, self.counters),
            Origins(me.party.domain, self.peers.links, registry.check_roots, settings),
            settings,
            clock,
            self.counters,
        )
        self.lookups = self.peers.lookups = Lookups(
            me.party.domain, self.peers.links, self._routes.next_hop, registry, settings, self.counters
        )
        self.tracing = self.peers.tracing = Tracing(self._routes, self.peers.links, settings, self.counters)
        self._acceptor = Acceptor(
            lambda: self.me, transport, self.peers.by_name, settings, clock, self.counters
        )

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled; then says goodbye. Raises Unreachable when our own broker was given up."""
        workers = [self._inflow.work() for _ in range(self._settings.gateway_store_workers)]
        async with (
            beside(
                *workers,
                self.lookups.run(),
                self.multicast.run(),
                self._lasting("following the registry", self._roster.follow),
                self._peers(),
                self._fencing(),
            ),
            AsyncExitStack() as stack,
        ):
            stack.push_async_callback(self.peers.goodbye)
            await self._knows_peers.wait()  # before, greetings and departures would be refused
            own, greetings = await self._acceptor.start()
            stack.push_async_callback(own.stop)
            stack.push_async_callback(greetings.stop)
            siblings = self.peers.siblings
            siblings.process = self._acceptor.slot
            await siblings.joined()  # before, work would come for peers that only the others reach
            await stack.enter_async_context(beside(siblings.run()))
            stack.push_async_callback(self.peers.part)
            await stack.enter_async_context(beside(self._parking.run()))
            readers = await self._read_departures()
            stack.push_async_callback(self._take_no_more, greetings, *readers)
            ready()
            await self._transport.closed()

    def _reaches(self, domain: str) -> bool:
        links = self.peers.links
        return domain == self.me.party.domain or any(
            way.hop in links and links[way.hop].online for way in self._routes.ways(domain)
        )

    async def _take_no_more(self, greetings: Reader, *departures: Reader) -> None:
        """From our broker; what was taken goes its way first. The other processes go on."""
        await greetings.stop()
        limit_s = self._settings.drain_timeout_s
        await asyncio.gather(*(reader.finish(limit_s) for reader in departures))
        await asyncio.gather(*(reader.stop() for reader in departures))

    async def _read_departures(self) -> list[Reader]:
        readers = await self.multicast.read()
        for priority in Priority:
            mailbox = departures(GATEWAY, priority)
            readers.append(await self._transport.read(mailbox, self._outflow.realtime))
            readers.append(await self._transport.read_stored(mailbox, self._parking.departed))
        return readers

    async def _peers(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    self._border.policy = await self._registry.border()
                    self._routes.configure(await self._registry.routes())
                    self.caps.use(await self._registry.caps(), len(self.peers.siblings.told().slots))
                    self._exported.take(await self._registry.exports(self._exported.mark))
                    wanted = {peer.domain: peer for peer in await self._registry.peers()}
                    await self.peers.reconcile(wanted, group)
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
        self.peers.fence()

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

    async def _lasting(self, where: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
        await lasting(where, work, backoff, self._on_error)
