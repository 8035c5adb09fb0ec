"""What leaves our domain: from the departures mailbox to whoever forwards it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable

from bridges.border.border import Border
from bridges.border.departure import check_departure
from bridges.flows.outward import Outward
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.quality.caps import Caps
from bridges.routing.transit import Transit
from bridges.within import Within
from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, Overloaded, Refused, TooLarge, Unavailable, Untrusted
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored
from overlay.wire.envelope import Header


class Outflow:
    """Reads departures. A stored one is acknowledged at our broker only after the next gateway has it, or its
    sender was told that it goes nowhere.
    """

    def __init__(
        self,
        domain: str,
        border: Border,
        caps: Caps,
        forwarding: Forwarding,
        outward: Outward,
        within: Within,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._domain = domain
        self._border = border
        self._caps = caps
        self._forwarding = forwarding
        self._outward = outward
        self._path = (domain,)
        self._within = within
        self._settings = settings
        self._clock = clock
        self._counters = counters

    def realtime(self, delivery: Delivery) -> Awaitable[None] | None:
        """Handler of the realtime half."""
        payload = delivery.payload
        found = self._outward.find(delivery.subject, payload, self._clock())
        if found is None:
            return self._begin(delivery)
        header, flow = found
        lane, weight, link = header.priority, flow.weight, flow.link
        transit = Transit(self._settings.gateway_hops, self._path, header.deadline_ms / 1000)
        if flow.capped:
            try:
                lane, weight = self._caps.leave(header, len(payload), link.domain, time.monotonic())
            except Overloaded as error:
                cargo = Cargo(header, payload, transit, None, lane)
                return self._forwarding.not_now(cargo, error, "over-cap")
            self._counters["critical-lowered"] += lane is not header.priority
        return self._forwarding.hand(Cargo(header, payload, transit, None, lane, weight), link)

    async def _begin(self, delivery: Delivery) -> None:
        """The whole way; the next ones like it are spared it."""
        checked = self._checked(delivery)
        if checked is not None:
            await self._leave(*checked, delivery.payload, None, delivery.subject)

    async def stored(self, stored: Stored) -> None:
        """Handler of the stored half."""
        checked = self._checked(stored.delivery)
        if checked is None:
            await stored.ack()
        else:
            await self._leave(*checked, stored.delivery.payload, stored)

    def _checked(self, delivery: Delivery) -> tuple[Header, Transit] | None:
        try:
            return check_departure(
                delivery.subject, delivery.payload, self._domain, self._settings.gateway_hops, self._clock()
            )
        except (BadInput, Untrusted, Refused) as error:
            self._counters[f"departure-{error.reason}"] += 1
            return None

    async def _leave(
        self, header: Header, transit: Transit, payload: bytes, stored: Stored | None, subject: str = ""
    ) -> None:
        """`subject`: of a realtime one."""
        lane, weight = header.priority, 1
        if PartyId.parse(header.to).domain == self._domain:
            await self._within.deliver(Cargo(header, payload, transit, stored, lane, weight))
            return
        try:
            check_size(payload, self._settings)
            self._border.leave(header)
            link = self._forwarding.way(header, transit)
            lane, weight = self._caps.leave(header, len(payload), link.domain, time.monotonic())
        except OverlayError as error:
            cargo = Cargo(header, payload, transit, stored, lane, weight)
            if isinstance(error, Unavailable):
                why = "over-cap" if isinstance(error, Overloaded) else "no-way"
                await self._forwarding.not_now(cargo, error, why)
            else:
                await self._forwarding.give_up(cargo, error, f"departure-{error.reason}")
            return
        self._counters["critical-lowered"] += lane is not header.priority
        if subject:
            self._outward.keep(subject, header, link, time.monotonic())
        await self._forwarding.give(Cargo(header, payload, transit, stored, lane, weight), link)


def check_size(envelope: bytes, settings: Settings) -> None:
    """Raises TooLarge unless a frame can hold it."""
    limit = settings.max_payload_bytes // 8 * 7
    if len(envelope) > limit:
        raise TooLarge(f"{len(envelope)} bytes are over the limit of {limit} between domains")
