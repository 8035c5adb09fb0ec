"""Channels at one process of the gateway: who wants what, what is published. The composition of this room."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from bridges.border.border import Border
from bridges.frames.frame import ChannelWish
from bridges.lasting import lasting
from bridges.links.link import Link
from bridges.links.traffic import Traffic
from bridges.multicast.casting import Casting
from bridges.multicast.following import ChannelFollowing
from bridges.multicast.forest import Forest
from bridges.multicast.slowing import Say, Slowing
from bridges.multicast.wishes import Wishes
from bridges.ports import RegistryPort
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.naming.ids import GATEWAY
from overlay.naming.mailboxes import channel_departures
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import OnError, Reader, Transport


class Multicast:
    """`attend` each link, `run`, and `read` when the peers are known."""

    def __init__(
        self,
        routes: Routes,
        links: Mapping[str, Link],
        border: Border,
        caps: Caps,
        say: Say,
        transport: Transport,
        registry: RegistryPort,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self._routes = routes
        self._links = links
        self._transport = transport
        self._settings = settings
        self._on_error = on_error
        limits = (settings.gateway_channels, settings.channel_domains)
        self.forest = Forest(
            routes.domain,
            self._towards,
            channels=limits[0],
            domains=limits[1],
            kept_s=settings.route_lost_s,
            steady=time.monotonic,
        )
        self._wishes = Wishes(self.forest, settings.gateway_poll_s, counters)
        self._following = ChannelFollowing(
            registry, self.forest, self._wishes, routes.domain, settings.gateway_poll_s
        )
        self._slowing = Slowing(say, settings.gateway_cast_told_s, counters)
        self.casting = Casting(
            routes, links, self.forest, border, caps, self._slowing, transport, settings, clock, counters
        )

    def attend(self, traffic: Traffic) -> None:
        """A link: who is reached by it is told what we want, and heard."""
        traffic.watchers.append(self._wishes)
        traffic.on(ChannelWish, self._wishes.heard)

    async def run(self) -> None:
        """Until cancelled."""
        backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
        following = lasting("following the channels", self._following.run, backoff, self._on_error)
        async with beside(following, self.casting.run(), self._slowing.run()):
            await self._wishes.run()

    async def read(self) -> list[Reader]:
        """What is published in channels here, from now on: when it is known where their members are."""
        await self._following.told.wait()
        readers = []
        for priority in Priority:
            mailbox = channel_departures(GATEWAY, priority)
            readers.append(await self._transport.read(mailbox, self.casting.realtime))
            readers.append(await self._transport.read_stored(mailbox, self.casting.stored))
        return readers

    def _towards(self, domain: str) -> str | None:
        """The first next hop that is linked; if none is, the first: what is stored waits for it."""
        hops = [way.hop for way in self._routes.ways(domain)]
        linked = (hop for hop in hops if hop in self._links and self._links[hop].online)
        return next(linked, hops[0] if hops else None)
