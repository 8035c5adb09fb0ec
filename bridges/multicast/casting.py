"""What is published in channels: from our broker, or from a peer, to our members and to all others (GW-9)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b

from bridges.border.border import Border
from bridges.border.passing import check_passing
from bridges.frames.cargo import Cargo, Settles
from bridges.frames.frame import Message
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.links.passage import Passage
from bridges.multicast.forest import Domains, Forest, NotInTree
from bridges.multicast.gathering import HERE, Copy, Dropped, Gathering, Places, Reached, RealtimeCopy
from bridges.multicast.publication import check_publication, is_own, publication_subject
from bridges.multicast.slowing import Slowing
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from bridges.routing.transit import Transit
from overlay.backoff import doubled_s
from overlay.clock import Clock
from overlay.errors import BadInput, Expired, OverlayError, Overloaded, Refused, Untrusted
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored, Transport
from overlay.wire.envelope import Header


class Casting:
    """Nothing goes back to where it came from, and nothing twice: the ways are a tree, and what was here is
    remembered. A stored one is settled when everybody who is to get it has it. Keep `run` running.
    """

    def __init__(
        self,
        routes: Routes,
        links: Mapping[str, Link],
        forest: Forest,
        border: Border,
        caps: Caps,
        slowing: Slowing,
        transport: Transport,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._routes = routes
        self._links = links
        self._forest = forest
        self._border = border
        self._caps = caps
        self._slowing = slowing
        self._transport = transport
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._seen = Reached(settings.gateway_casts)
        self._reached = Reached(settings.gateway_casts)
        self._dropped: Dropped = asyncio.Queue()

    # -- from our broker ----------------------------------------------------------------------------------
    async def realtime(self, delivery: Delivery) -> None:
        """Handler of the realtime half."""
        published = self._published(delivery)
        if published is not None:
            header, transit = published
            self._copy(header, delivery.payload, transit, self._targets(header, None))
            self._counters["cast-realtime-no-way"] += self._forest.homeless(header.to)

    async def stored(self, stored: Stored) -> None:
        """Handler of the stored half."""
        published = self._published(stored.delivery)
        if published is None:
            await stored.ack()
            return
        header, transit = published
        reached = self._reached.of(header.sender, _mark(stored.delivery.payload))
        await self._copy_stored(
            header, stored.delivery.payload, transit, self._targets(header, None), stored, reached
        )

    # -- from a peer --------------------------------------------------------------------------------------
    async def arrived(self, link: Link, line: Line, message: Message, header: Header) -> None:
        """From a line. What it cannot take it refuses there."""
        passage = Passage(line, message, header)
        try:
            transit = self._passing(link, message, header)
            targets = self._targets(header, link.domain)
            size, here = len(message.envelope), self._forest.here(header.to)
            self._caps.carry(header, size, link.domain, time.monotonic(), here=here)
            if message.number:
                await self._spread_stored(header, message.envelope, transit, targets, passage)
            elif self._seen.first(header.sender, header.id):
                await self._spread(header, message.envelope, transit, targets)
            else:
                self._counters["cast-twice"] += 1
        except OverlayError as error:
            self._counters[f"cast-{error.reason}"] += 1
            passage.refuse(error.reason)

    async def run(self) -> None:
        """Settle what was dropped, until cancelled."""
        while True:
            gathering, retry_after_s = await self._dropped.get()
            await gathering.dropped(retry_after_s)

    # -- within -------------------------------------------------------------------------------------------
    def _published(self, delivery: Delivery) -> tuple[Header, Transit] | None:
        here, hops = self._routes.domain, self._settings.gateway_hops
        try:
            if is_own(delivery.subject):
                return None
            header, transit = check_publication(delivery.subject, delivery.payload, here, hops, self._clock())
        except (BadInput, Untrusted, Refused) as error:
            self._counters[f"cast-{error.reason}"] += 1
            return None
        return header, transit

    def _targets(self, header: Header, came_from: str | None) -> dict[str, Domains]:
        """Raises NotInTree."""
        sender, channel = PartyId.parse(header.sender), PartyId.parse(header.to)
        stored = header.cls is Class.RELIABLE
        found = self._forest.targets(header.to, came_from, stored=stored)
        return {
            peer: domains
            for peer, domains in found.items()
            if any(self._border.lets(sender, PartyId(channel.name, domain)) for domain in domains)
        }

    def _passing(self, link: Link, message: Message, header: Header) -> Transit:
        """How it came. From the way to the channel's home anybody's may come, from elsewhere only what is of
        those for whom that peer asked. Raises NotInTree, and as `check_passing`.
        """
        vouched = self._forest.leads_home(header.to, link.domain)
        home = PartyId.parse(header.sender).domain
        if not vouched and not self._forest.asked_for(header.to, link.domain, home):
            raise NotInTree(f"{link.domain} did not ask for {header.to} in the name of {home}")
        now = self._clock()
        return check_passing(message, header, link.domain, self._routes, now, self._settings, vouched=vouched)

    async def _spread(
        self, header: Header, envelope: bytes, transit: Transit, targets: Mapping[str, Domains]
    ) -> None:
        if self._lets_in(header):
            await self._transport.publish(publication_subject(header), envelope)
            self._counters["cast-in-realtime"] += 1
        self._copy(header, envelope, transit, targets)

    async def _spread_stored(
        self,
        header: Header,
        envelope: bytes,
        transit: Transit,
        targets: Mapping[str, Domains],
        passage: Passage,
    ) -> None:
        reached = self._reached.of(header.sender, _mark(envelope))
        if HERE not in reached and self._lets_in(header):
            await self._store(header, envelope, transit)
            reached.add(HERE)
        await self._copy_stored(header, envelope, transit, targets, passage, reached)

    async def _store(self, header: Header, envelope: bytes, transit: Transit) -> None:
        ttl_s = transit.until - self._clock()
        if ttl_s <= 0:
            raise Expired(f"what {header.sender} published was past its deadline before it was stored")
        message_id = f"cast-{header.sender}-{_mark(envelope).hex()}"
        await self._transport.store(publication_subject(header), envelope, message_id=message_id, ttl_s=ttl_s)
        self._counters["cast-in-stored"] += 1

    def _copy(
        self, header: Header, envelope: bytes, transit: Transit, targets: Mapping[str, Domains]
    ) -> None:
        for peer in targets:
            try:
                lane, weight = self._capped(header, len(envelope), transit, peer)
            except Overloaded as error:
                self._counters["cast-over-cap"] += 1
                self._slowing.over(header, error)
                continue
            copy = RealtimeCopy(self._counters)
            cargo = Cargo(header, envelope, transit, None, lane, weight, brought=copy, cast=True)
            link = self._links.get(peer)
            taken = link is not None and link.offer(cargo)
            self._counters["cast-out-realtime" if taken else "cast-realtime-no-room"] += 1

    def _capped(self, header: Header, size: int, transit: Transit, peer: str) -> tuple[Priority, int]:
        """As how important a copy goes, and its weight. What came from a peer counted there. Raises
        Overloaded.
        """
        if len(transit.path) > 1:
            return header.priority, 1
        return self._caps.leave(header, size, peer, time.monotonic())

    async def _copy_stored(
        self,
        header: Header,
        envelope: bytes,
        transit: Transit,
        targets: Mapping[str, Domains],
        source: Settles,
        reached: Places,
    ) -> None:
        left = [peer for peer in targets if peer not in reached]
        gathering = Gathering(source, len(left) + 1, reached)
        for peer in left:
            copy = Copy(gathering, peer, self._dropped, self._counters, self._pause_s(source))
            try:
                lane, weight = self._capped(header, len(envelope), transit, peer)
            except Overloaded as error:
                self._counters["cast-over-cap"] += 1
                await copy.again(max(error.retry_after_s, self._pause_s(source)))
                continue
            cargo = Cargo(header, envelope, transit, copy, lane, weight, brought=copy, cast=True)
            link = self._links.get(peer)
            if link is not None and link.offer(cargo):
                self._counters["cast-out-stored"] += 1
            else:
                self._counters["cast-stored-waits"] += 1
                await copy.again(self._pause_s(source))
        if self._forest.homeless(header.to):
            self._counters["cast-stored-no-way"] += 1
            await gathering.again(self._pause_s(source))
        elif self._forest.misses(header.to, new=reached.may_be_new):
            self._counters["cast-stored-unknown"] += 1
            await gathering.again(self._pause_s(source))
        else:
            await gathering.dropped(0.0)

    def _pause_s(self, source: Settles) -> float:
        settings = self._settings
        return doubled_s(settings.gateway_again_s, settings.gateway_again_max_s, source.attempt)

    def _lets_in(self, header: Header) -> bool:
        """Whether there are members here whom the operator lets the sender reach."""
        if not self._forest.here(header.to):
            return False
        channel, here = PartyId.parse(header.to), self._routes.domain
        if self._border.lets(PartyId.parse(header.sender), PartyId(channel.name, here)):
            return True
        self._counters["cast-not-permitted"] += 1
        return False


def _mark(envelope: bytes) -> bytes:
    """What a stored publication is known by. Not its ID: when somebody is put out it is sealed anew, and who
    got only what was sealed before cannot open it.
    """
    return blake2b(envelope, digest_size=16).digest()
