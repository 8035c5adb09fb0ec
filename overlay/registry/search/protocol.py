"""What is asked when somebody is looked for, and what is answered. Pure."""

from __future__ import annotations

import msgspec

from overlay.registry.record import Presence, Record

ANY_PRESENCE = "any"


class Near(msgspec.Struct, frozen=True):
    """Within so many kilometres of a point, in degrees (WGS 84)."""

    latitude: float
    longitude: float
    within_km: float


class Find(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who fits? All that is said must be true of an agent, each item of a list; what is empty is anything."""

    skills: tuple[str, ...] = ()
    """Each of them, or one below it: `network` finds `network.fault-diagnosis`."""
    protocols: tuple[str, ...] = ()
    interaction: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """BCP 47; `en` fits `en-GB`."""
    services: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    """Types of verified credentials that an agent has; with an issuer: `Type by did:web:…`."""
    organisation: str = ""
    version: str = ""
    """Of the agent: `1.2` (any 1.2.x), or `>=1.2,<2`."""
    place: str = ""
    """Words that its location has."""
    near: Near | None = None
    latency_ms: int | None = None
    """At most; who did not say is not found."""
    domain: str = ""
    agent: str = ""
    """An agent ID, DID, resource ID or display name."""
    intent: str = ""
    """A need in plain language (REG-5)."""
    presence: str = Presence.ONLINE.value
    """`online`, `offline`, `inapplicable` or `any`."""
    status: str = ""
    """`ready`, `busy` or `draining`; empty: any."""
    limit: int = 10
    after: str = ""
    """Continue an answer: what it gave as its `after`."""
    cards: bool = False
    """With key cards, which are large: who sends asks for the card anyway."""


class Match(msgspec.Struct, frozen=True):
    """One that fits."""

    record: Record
    """Without its key card, unless that was asked for."""
    why: str
    """In words."""
    score: float = 1.0
    """How well it fits the intent: 0 … 1, comparable within one answer; without an intent 1."""
    need: int = 0
    """Which of the answer's `needs` it fits."""
    heard_at: float = 0.0
    """Of a foreign agent: when its domain's gateway was last heard; 0: it is of our own, known now."""
    as_of: int = 0
    """Of a foreign agent: up to which change of its own registry we know it (REG-8)."""

    @property
    def party(self) -> str:
        """`name@domain`."""
        return self.record.party

    @property
    def presence(self) -> Presence:
        """Whether somebody is there; `inapplicable` where its domain is silent."""
        return self.record.presence

    @property
    def gateway(self) -> str:
        """Of a foreign agent, the gateway of its domain (REG-7)."""
        return self.record.gateway


class Matches(msgspec.Struct, frozen=True):
    """The best first; with several needs, the best of each, then the second of each, and so on."""

    matches: tuple[Match, ...]
    after: str = ""
    """Asked with this, the next page is answered; empty: there are no more."""
    total: int = 0
    """About how many fit."""
    needs: tuple[str, ...] = ()
    """The parts of the intent."""
    advice: str = ""
    """Where nobody was found: what may have been meant."""
    at: float = 0.0
    """When the registry answered."""

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return bool(self.after)


class Report(msgspec.Struct, frozen=True):
    """Which agent was chosen for an intent, and whether it did what was asked (REG-5)."""

    intent: str
    party: str
    succeeded: bool


class SightPolicy(msgspec.Struct, frozen=True):
    """The domain's discovery policy (`overlay.registry.search.discovery_policy.encode_policy`)."""

    policy: bytes
