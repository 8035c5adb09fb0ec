"""What leaves our domain: from the departures mailbox to the link of its domain, and what became of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from bridges.border.border import Border
from bridges.border.departure import check_departure
from bridges.frames.cargo import Cargo, failed_header
from bridges.frames.frame import Failure
from bridges.links.link import Link
from bridges.ports import Complain
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from overlay.clock import Clock
from overlay.errors import (
    BadInput,
    Expired,
    Failed,
    NotFound,
    NotPermitted,
    NotStored,
    OverlayError,
    Overloaded,
    Refused,
    TooLarge,
    Unavailable,
    Unreachable,
    Untrusted,
)
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored
from overlay.wire.envelope import Header

_ERRORS: dict[str, type[OverlayError]] = {
    kind.reason: kind
    for kind in (BadInput, Expired, NotFound, NotPermitted, Overloaded, Refused, TooLarge, Unreachable)
}
_LATER = frozenset((Overloaded.reason, NotStored.reason, Unavailable.reason, Unreachable.reason))
_KNOWN_REASONS = frozenset(
    (
        *_ERRORS,
        *_LATER,
        "bad-envelope",
        "bad-name",
        "foreign-sender",
        "hop-limit",
        "loop",
        "no-route",
        "failed",
    )
)


class Outflow:
    """Reads departures. A realtime message is dropped and counted when its link has no room; a stored one
    goes back to our broker, and is acknowledged there only after the far gateway has stored it.
    """

    def __init__(
        self,
        routes: Routes,
        links: Mapping[str, Link],
        border: Border,
        caps: Caps,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        complain: Complain,
    ) -> None:
        self._routes = routes
        self._links = links
        self._border = border
        self._caps = caps
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._complain = complain

    async def realtime(self, delivery: Delivery) -> None:
        """Handler of the realtime half."""
        cargo_link = await self._checked(delivery, None)
        if cargo_link is None:
            return
        cargo, link = cargo_link
        line = link.line
        if line is not None and line.crowded:
            await asyncio.sleep(0)
        if link.offer(cargo):
            self._counters["out-realtime"] += 1
        elif link.online:
            self._give_up(cargo.header, self._full(link), "realtime-over-credit")
        else:
            self._give_up(
                cargo.header, Unreachable(f"{link.domain} is not linked: {link.state}"), "realtime-no-link"
            )

    async def stored(self, stored: Stored) -> None:
        """Handler of the stored half."""
        cargo_link = await self._checked(stored.delivery, stored)
        if cargo_link is None:
            await stored.ack()
            return
        cargo, link = cargo_link
        if link.offer(cargo):
            self._counters["out-stored"] += 1
        else:
            await self._again(stored, "stored-waits")

    async def settled(self, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """From a line: see `LineHost`."""
        for cargo in done:
            if cargo.stored is not None:
                self._counters["out-acknowledged"] += 1
                await cargo.stored.ack()
        for cargo, reason in failed:
            if cargo.stored is not None and reason in _LATER:
                await self._again(cargo.stored, "stored-sent-back")
                continue
            self._give_up(cargo.header, _error(reason, cargo.header.to), f"refused-{_counted(reason)}")
            if cargo.stored is not None:
                await cargo.stored.ack()

    async def late(self, cargo: Sequence[Cargo]) -> None:
        """From a line: see `LineHost`."""
        for item in cargo:
            if item.stored is not None:
                await self._again(item.stored, "stored-unanswered")

    async def shed(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """From a line: see `LineHost`."""
        for item in cargo:
            if item.stored is not None:
                await self._again(item.stored, "stored-shed")
            else:
                self._give_up(item.header, self._full(link), "realtime-shed")

    async def leftovers(self, link: Link, cargo: Sequence[Cargo]) -> None:
        """A line is over, and this may not have arrived: into another line's frames, or back."""
        for item in cargo:
            if link.offer(item):
                self._counters["framed-again"] += 1
            elif item.stored is not None:
                await self._again(item.stored, "stored-line-lost")
            else:
                self._give_up(
                    item.header, Unreachable(f"the link to {link.domain} was lost"), "realtime-line-lost"
                )

    def refused(self, failure: Failure) -> None:
        """The far gateway dropped a realtime message of ours: its sender need not wait for the deadline."""
        self._counters[f"far-{_counted(failure.reason)}"] += 1
        try:
            header = failed_header(failure, self._routes.domain)
        except BadInput:
            self._counters["far-malformed"] += 1
            return
        if header is not None:
            self._complain(header, _error(failure.reason, failure.to, failure.retry_after_ms))

    async def _checked(self, delivery: Delivery, stored: Stored | None) -> tuple[Cargo, Link] | None:
        now = self._clock()
        try:
            _check_size(delivery.payload, self._settings.max_payload_bytes // 8 * 7)
            domain, header, transit = check_departure(
                delivery.subject, delivery.payload, self._routes.domain, self._settings.gateway_hops, now
            )
        except (BadInput, Untrusted, Refused) as error:
            self._counters[f"departure-{error.reason}"] += 1
            return None
        size = len(delivery.payload)
        try:
            self._border.leave(header)
            link = self._links[self._routes.next_hop(domain, transit)]
            lane, weight = self._caps.leave(header, size, link.domain, time.monotonic())
        except Refused as error:
            self._give_up(header, error, f"departure-{error.reason}")
            return None
        except Overloaded as error:
            if stored is None:
                self._give_up(header, error, "realtime-over-cap")
            else:  # what comes of settling it once more is nothing
                await self._again(stored, "stored-over-cap", error.retry_after_s)
            return None
        self._counters["critical-lowered"] += lane is not header.priority
        return Cargo(header, delivery.payload, transit, stored, lane, weight), link

    def _full(self, link: Link) -> Overloaded:
        return Overloaded(f"the link to {link.domain} is full", self._settings.link_retry_after_s)

    def _give_up(self, header: Header, error: OverlayError, counter: str) -> None:
        self._counters[counter] += 1
        self._complain(header, error)

    async def _again(self, stored: Stored, counter: str, after_s: float = 0.0) -> None:
        self._counters[counter] += 1
        settings = self._settings
        doubled = settings.gateway_again_s * 2 ** min(stored.attempt - 1, 10)
        await stored.again(max(after_s, min(doubled, settings.gateway_again_max_s)))


def _check_size(payload: bytes, limit: int) -> None:
    if len(payload) > limit:
        raise TooLarge(f"{len(payload)} bytes are over the limit of {limit} between domains")


def _counted(reason: str) -> str:
    return reason if reason in _KNOWN_REASONS else "other"


def _error(reason: str, to: str, retry_after_ms: int = 0) -> OverlayError:
    said = f"the gateway of {to} did not take the message: {_counted(reason)}"
    if reason == NotPermitted.reason:
        said += "; its own policy or its domain's says whom they let in: ask its operator"
    if reason == Overloaded.reason:
        return Overloaded(said, max(0, retry_after_ms) / 1000)
    return _ERRORS.get(reason, Failed)(said)
