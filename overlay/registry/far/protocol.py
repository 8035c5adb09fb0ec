"""What is asked and told of domains that are no peers (GW-7, GW-12). Pure."""

from __future__ import annotations

import msgspec

from overlay.registry.record import Record


class FarTold(msgspec.Struct, frozen=True):
    """What one gateway tells the next of a domain that this one does not know, and of an agent of it."""

    domain: str
    record: Record | None = None
    """Of the agent that was asked for, by its home registry; the key card in it proves itself."""
    gateway: str = "gw"
    """The name of the domain's gateway, there."""
    bundle: bytes = b""
    """Its roots, by the word of whoever tells this; empty: nothing is said of them."""
    epoch: int = 0
    """Of these roots, by the domain's own CA."""
    news: bytes = b""
    """The word of the domain's own CA on its roots, if it ever changed them (`open_bundle_news`)."""
    denied: tuple[str, ...] = ()
    """Serials of the domain that were revoked, the latest."""
    chain: tuple[str, ...] = ()
    """Who vouches for the roots: first who has them pinned, last who tells us."""


class AskFar(msgspec.Struct, frozen=True):
    """A gateway asks its own registry: what may `peer` hear of `domain`, or of its agent `name`?"""

    domain: str
    name: str
    peer: str
    path: tuple[str, ...] = ()
    """The domains that ask, the first one first."""


class Vouch(msgspec.Struct, frozen=True):
    """A gateway asks its own registry: may this, which peer `by` told, be handed on, and as what?"""

    told: FarTold
    by: str


class FarFound(msgspec.Struct, frozen=True):
    """What our gateway found, and the peer that told it."""

    told: FarTold
    by: str


class LookUp(msgspec.Struct, frozen=True):
    """The registry asks its gateway: who knows `domain`, or its agent `name`?"""

    domain: str
    name: str = ""


class FarPin(msgspec.Struct, frozen=True):
    """The operator believes these roots of a domain that is no peer, until they are taken back."""

    domain: str
    bundle: bytes


class FarForget(msgspec.Struct, frozen=True):
    """Believe nothing of this far domain any more; whoever introduced it may do so again."""

    domain: str


class Introducing(msgspec.Struct, frozen=True):
    """The word of peer `domain` counts from now on for the roots of domains of these patterns: `*` for all,
    `*.b.example` for all below it, `c.example`; none: its word counts for itself only.
    """

    domain: str
    patterns: tuple[str, ...]


class AskFarDomains(msgspec.Struct, frozen=True):
    """Which far domains are believed, after domain `after`?"""

    after: str = ""


class FarDomain(msgspec.Struct, frozen=True):
    """A domain that is no peer, and why its roots are believed."""

    domain: str
    bundle: bytes
    epoch: int = 0
    by: str = ""
    """The peer that introduced it; empty: our operator pinned it."""
    chain: tuple[str, ...] = ()
    """Over whom the introduction came: first who has the roots pinned, last the peer."""
    since: float = 0.0
    """When these roots were first believed."""
    told_at: float = 0.0
    """When they were last repeated."""


class FarDomains(msgspec.Struct, frozen=True):
    """Far domains in order of their names."""

    domains: tuple[FarDomain, ...]
    more: bool = False
