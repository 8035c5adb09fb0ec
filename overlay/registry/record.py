"""Profiles and records: what the registry says of an agent. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

_RESOURCE_ID = re.compile(r"[0-9a-f]{32}\Z")


class Presence(StrEnum):
    """Whether somebody is there to answer."""

    ONLINE = "online"
    OFFLINE = "offline"
    INAPPLICABLE = "inapplicable"
    """Of an agent whose domain cannot be reached now (GW-5)."""


class Readiness(StrEnum):
    """What an agent that is there says of itself with its heartbeat."""

    READY = "ready"
    BUSY = "busy"
    """It answers, but others would do so sooner."""
    DRAINING = "draining"
    """It finishes what it has, and wants nothing new."""


class Status(msgspec.Struct, frozen=True):
    """How an agent is, by its own word (GW-2)."""

    state: Readiness = Readiness.READY
    load: float = 0.0
    """0 idle … 1 full."""
    text: str = ""


class Verified(msgspec.Struct, frozen=True):
    """A credential of an agent that the registry itself verified."""

    type: str
    issuer: str
    """A DID."""
    valid_until: float
    """Seconds since 1970."""


class Skill(msgspec.Struct, frozen=True):
    """One thing that an agent can do."""

    id: str
    """As in its certificate, or below one there: `network.fault-diagnosis`."""
    name: str = ""
    abstract: str = ""
    inputs: str = ""
    services: tuple[str, ...] = ()
    """Which of the agent's services it belongs to."""


class Interface(msgspec.Struct, frozen=True):
    """A way to talk to an agent (REG-13)."""

    id: str
    kind: str = "structured"
    """`structured`, or `natural-language`."""
    protocol: str = "overlay"
    address: str = ""
    """Where; empty: the agent's own address in the overlay."""
    schema: str = ""
    """Where it is defined: an OpenRPC or OpenAPI document, for one."""
    description: str = ""
    skills: tuple[str, ...] = ()
    """Skills and topics that are asked for by it; none: the one that its ID names."""
    security: tuple[str, ...] = ()
    """Security schemes (`overlay.policy.scheme`) that it demands, instead of those of the whole agent."""


HTTP_INTERFACE = "overlay-http"
"""The interface that says where an agent takes messages over HTTP (docs/carriers.md). It comes and goes with
the agent's process, and so breaks nobody who relied on it.
"""


class Place(msgspec.Struct, frozen=True):
    """Where on earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


class Profile(msgspec.Struct, frozen=True):
    """What an agent says of itself (REG-1). Display names may repeat, IDs do not."""

    display_name: str = ""
    description: str = ""
    version: str = "1"
    skills: tuple[Skill, ...] = ()
    protocols: tuple[str, ...] = ()
    interaction: tuple[str, ...] = ()
    """Interaction modes: `request`, `stream`, …"""
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    topics: tuple[str, ...] = ()
    """What it wants to be told of (publish and subscribe)."""
    organisation: str = ""
    location: str = ""
    place: Place | None = None
    """Of `location`."""
    latency_ms: int = 0
    """Expected; 0: not said."""
    security: tuple[str, ...] = ()
    """Security schemes that a caller has to meet, all of them (`overlay.policy.scheme`); none: not said."""
    credentials: tuple[str, ...] = ()
    """Verifiable credentials about the agent (JWTs)."""
    consent: dict[str, tuple[str, ...]] = {}
    """Who may see which part of the entry; of a part that is not named, everybody
    (`overlay.registry.registration.consent`).
    """


class Record(msgspec.Struct, frozen=True):
    """What the registry knows of an agent."""

    party: str
    """`name@domain`"""
    profile: Profile
    card: bytes
    """Its key card, signed by itself, with its certificate inside."""
    serial: str
    """Of that certificate, hexadecimal."""
    presence: Presence
    resource_id: str
    """The entry's own ID: another registration of the same name has another."""
    registered_at: float
    changed_at: float
    version: int
    """The registry's change number when this was written."""
    gateway: str = ""
    """Of a foreign agent, the gateway of its domain (REG-7); empty: ours."""
    heard_at: float = 0.0
    """Of a foreign agent, when we last heard its domain: how old this is at most (REG-6)."""
    organisation: str = ""
    """As its certificate says."""
    status: Status = Status()
    verified: tuple[Verified, ...] = ()
    """Which of its credentials hold, by what our own registry saw. Of a peer's agent, too: never its word."""
    access: bytes = b""
    """Who may call it (`overlay.policy.access`). Told to our own gateway and operator, and to nobody else."""


def is_resource_id(text: str) -> bool:
    """Whether it may be one: they are random, so nobody can have another's by chance."""
    return _RESOURCE_ID.match(text) is not None


def without_access(record: Record) -> Record:
    """As it is shown to all but our own gateway."""
    return msgspec.structs.replace(record, access=b"") if record.access else record
