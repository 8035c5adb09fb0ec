"""What goes between agents of our own domain, where that is to pass the gateway (GW-11)."""

from __future__ import annotations

import time
from collections import Counter

from bridges.border.arrival import Arrival, arriving_subject
from bridges.border.border import Border
from bridges.border.roster import Roster
from bridges.delivery import deliver
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.quality.caps import Caps
from overlay.clock import Clock
from overlay.errors import NotFound, OverlayError, Overloaded, Unavailable, Unreachable
from overlay.naming.ids import PartyId
from overlay.transport.contract import Transport


class Within:
    """Checks, counts, and publishes inside. A stored message is acknowledged when it is stored for its
    receiver.
    """

    def __init__(
        self,
        domain: str,
        transport: Transport,
        roster: Roster,
        border: Border,
        caps: Caps,
        forwarding: Forwarding,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._domain = domain
        self._transport = transport
        self._roster = roster
        self._border = border
        self._caps = caps
        self._forwarding = forwarding
        self._clock = clock
        self._counters = counters

    async def deliver(self, cargo: Cargo) -> None:
        """From the departures: its header was checked against the subject on which it came."""
        header, to = cargo.header, PartyId.parse(cargo.header.to).name
        try:
            self._border.within(header)
            self._caps.leave(header, len(cargo.envelope), self._domain, time.monotonic())
            if not self._roster.knows(to):
                raise self._unknown(cargo)
            subject = arriving_subject(header, to)
            await self._publish(cargo, Arrival(header, to, subject, cargo.envelope, cargo.transit.until))
        except Unavailable as error:
            why = "over-cap" if isinstance(error, Overloaded) else "no-way"
            await self._forwarding.not_now(cargo, error, why)
        except OverlayError as error:
            await self._forwarding.give_up(cargo, error, f"inside-{error.reason}")

    def _unknown(self, cargo: Cargo) -> OverlayError:
        """A stored message waits: who has just registered may not be known here yet."""
        text = f"{cargo.header.to} is no agent of {self._domain}, or has no access"
        return NotFound(text) if cargo.stored is None else Unreachable(text)

    async def _publish(self, cargo: Cargo, arrival: Arrival) -> None:
        await deliver(self._transport, arrival, self._clock, stored=cargo.stored is not None)
        if cargo.stored is None:
            self._counters["inside-realtime"] += 1
        else:
            self._counters["inside-stored"] += 1
            await cargo.stored.ack()
