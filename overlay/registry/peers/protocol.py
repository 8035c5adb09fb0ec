"""What gateways and operators ask of other domains, and the answers (REG-7, REG-8, GW-4). Pure."""

from __future__ import annotations

import msgspec

from overlay.registry.peers.relation import Relation, Standing
from overlay.registry.record import Record


class AskBundle(msgspec.Struct, frozen=True):
    """Whom does our domain believe for `domain`?"""

    domain: str


class Bundle(msgspec.Struct, frozen=True):
    """A pinned trust bundle (`TrustBundle.from_bytes`)."""

    bundle: bytes
    denied: tuple[str, ...] = ()
    """Serials of that domain that its CA revoked, the latest."""


class AskChanges(msgspec.Struct, frozen=True):
    """What changed after `since` of `log`? Waits up to `wait_s` for something to change."""

    log: str = ""
    since: int = 0
    wait_s: float = 0.0
    access: bool = False
    """With the agents' access policies: not for a peer's ears."""
    peer: str = ""
    """As far as this peer may hear of it."""


class Changes(msgspec.Struct, frozen=True):
    """What changed. `full`: begins at nothing, because `log` is not the one that was asked for (REG-8)."""

    log: str
    since: int
    version: int
    full: bool
    records: tuple[Record, ...]
    gone: tuple[str, ...]
    """Parties (`name@domain`) whose records were removed."""
    more: bool
    denied: tuple[str, ...] = ()
    """Serials of our domain that were revoked since (CA-6)."""
    bundle: bytes = b""
    """Its CA's statement of other roots of our domain since, if there are (`open_bundle_news`)."""


class Learn(msgspec.Struct, frozen=True):
    """A gateway hands over what a peer's registry answered."""

    domain: str
    changes: Changes


class Learned(msgspec.Struct, frozen=True):
    """Up to which change of the peer we know now, and which of its records were refused, and why."""

    log: str
    version: int
    refused: dict[str, str]


class Peer(msgspec.Struct, frozen=True):
    """A domain that ours is peered with. `bundle` is pinned by the operator."""

    domain: str
    bundle: bytes
    gateway: str = "gw"
    """The name of its gateway, there."""
    addresses: tuple[str, ...] = ()
    """Where its brokers accept our gateway; empty: it dials us."""
    online: bool = False
    log: str = ""
    version: int = 0
    """How far we know its changes."""
    agents: int = 0
    """How many of its agents we know."""
    epoch: int = 0
    """Of the roots in `bundle`, by its own CA: never go back to a lower one."""
    heard_at: float = 0.0
    """When our domain heard this one last."""
    relation: Relation = Relation.PEER
    introduces: tuple[str, ...] = ()
    """For the roots of which far domains its word counts (`overlay.registry.far.introducer`)."""
    transit: bool = False
    rank: int = 0

    @property
    def standing(self) -> Standing:
        """How its messages are carried."""
        return Standing(self.relation, self.transit, self.rank)


class AskPeers(msgspec.Struct, frozen=True):
    """Which peers are there, after domain `after`?"""

    after: str = ""


class Peers(msgspec.Struct, frozen=True):
    """Peers in order of their domains."""

    peers: tuple[Peer, ...]
    more: bool = False


class PeerRemove(msgspec.Struct, frozen=True):
    """Peer with `domain` no longer: forget its agents and its roots (GW-6)."""

    domain: str


class PeerState(msgspec.Struct, frozen=True):
    """A gateway reaches `domain`, or does not (GW-5)."""

    domain: str
    online: bool
