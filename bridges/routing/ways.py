"""One way on, and where it is known from. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from bridges.routing.announced import Path


class Source(StrEnum):
    """In the order in which they are tried."""

    DIRECT = "direct"
    """The domain is a peer."""
    CONFIGURED = "configured"
    """Our operator said so (`overlay route add`)."""
    ANNOUNCED = "announced"
    """The peer told it."""
    LEARNED = "learned"
    """A message of that domain came this way."""
    DEFAULT = "default"
    """The peer is a parent."""


@dataclass(frozen=True, slots=True)
class Way:
    """To a domain by the peer `hop`."""

    hop: str
    source: Source
    path: Path
    """As far as it is known, from the next hop on."""
    up: bool = True
    until: float = math.inf
    """When it is forgotten."""

    def meets(self, been: Path) -> bool:
        """Whether it leads through one of these domains."""
        return not set(been).isdisjoint(self.path)
