"""What is asked of the gateway about its ways to other domains, and what it answers. Pure."""

from __future__ import annotations

import msgspec


class AskRoutes(msgspec.Struct, frozen=True):
    """Which ways are there, after destination `after`?"""

    after: str = ""


class RouteTold(msgspec.Struct, frozen=True):
    """What is for `destination` (a domain, all below one, or `*`) goes to the peer `hop`."""

    destination: str
    hop: str
    """Empty: nowhere, it is for us."""
    path: tuple[str, ...]
    """As far as it is known, from the next hop on."""
    source: str
    """Where it is known from: `attached`, `direct`, `configured`, `announced`, `learned`, `default`."""
    up: bool
    """Whether the next hop is linked."""


class RoutesTold(msgspec.Struct, frozen=True):
    """A page of them, in order of destinations. Of the process that answers."""

    routes: tuple[RouteTold, ...]
    more: bool


class AskRoute(msgspec.Struct, frozen=True):
    """Where does a message for this agent, gateway or domain go?"""

    target: str


class RouteExplained(msgspec.Struct, frozen=True):
    """Why it goes there, a sentence each; `hop` is empty where it goes to no other domain."""

    domain: str
    hop: str
    path: tuple[str, ...]
    source: str
    why: tuple[str, ...]


class AskTrace(msgspec.Struct, frozen=True):
    """Which gateways are on the way to this gateway, domain, or agent's home?"""

    target: str


class TraceHop(msgspec.Struct, frozen=True):
    """The gateway of `domain` answered."""

    domain: str
    after_ms: float
    """Since the question left, there and back."""


class RouteTraced(msgspec.Struct, frozen=True):
    """As far as it went. By the word of each gateway about the next one; the first is known to be itself."""

    domain: str
    hops: tuple[TraceHop, ...]
    reached: bool
    ended: str
    """The domain where it ended."""
    reason: str
    """Why there: `no-route`, `not-permitted`, `loop`, `hop-limit`, `unreachable`, `timed-out`, …"""
    why: str
    """The same in a sentence; both are empty if it was reached."""
