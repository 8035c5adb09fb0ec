"""What is asked of the gateway and what it answers. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Op(StrEnum):
    """The operations: tokens of subjects. Any process of the gateway answers, for itself."""

    LINKS = "links"
    CAPS = "caps"
    LOOKUP = "lookup"
    ROUTES = "routes"
    ROUTE = "route"
    TRACE = "trace"


class LineReport(msgspec.Struct, frozen=True):
    """One line, measured."""

    process: str
    """Of the peer's gateway; if it dialled, the slot that this process of it has at our broker."""
    address: str
    """Where we dialled the peer; empty: it dialled us."""
    since: float
    used: bool
    """Whether the peer answers on it, and messages may take it."""
    rtt_ms: float
    jitter_ms: float
    bytes_per_s: int
    frames_out: int
    frames_in: int
    messages_out: int
    messages_in: int
    bytes_out: int
    bytes_in: int
    waiting: int
    """Messages that are not sent yet."""
    unacknowledged: int
    """Stored messages on their way."""
    ratio: float
    """Of frames: what compression leaves of them."""
    saved_bytes: int
    last_loss: str
    """Why the last session by this way was lost."""


class LinkReport(msgspec.Struct, frozen=True):
    """How the link to one peer stands, as the process that answers sees it."""

    domain: str
    online: bool
    state: str
    """For people, in a sentence."""
    status: str
    """`connecting`, `linked`, `degraded`, `offline` or `refused`."""
    since: float
    why: str
    refused: int
    """How often the peer refused us, or we it."""
    processes: tuple[str, ...]
    """Of the peer's gateway, by its word."""
    lost: dict[str, str]
    """By address of the peer: why the last session there was lost, if that was lately."""
    lines: tuple[LineReport, ...]


class Links(msgspec.Struct, frozen=True):
    """Of one process of the gateway, which has the slot `process`."""

    process: str
    processes: tuple[str, ...]
    """Of our gateway, as far as this one knows."""
    links: tuple[LinkReport, ...]
    counters: dict[str, int]


class AskCaps(msgspec.Struct, frozen=True):
    """Which caps does a message of `sender` to `to` meet here?"""

    sender: str
    to: str


class CapLeft(msgspec.Struct, frozen=True):
    """One of them: its name and unit, and what would pass at once now."""

    name: str
    rate: float
    burst: float
    left: float
    shared_by: str
    """Who has a share of it for this message; empty: it is this one's alone."""
    weight: int


class CapsTold(msgspec.Struct, frozen=True):
    """Of one process: its part, where `processes` share each cap."""

    peer: str
    processes: int
    weight: int
    beyond: str
    steps: tuple[CapLeft, ...]
    critical: tuple[CapLeft, ...]
