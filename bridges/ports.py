"""What the gateway asks of others: the registry of its domain, and somebody who tells senders of failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bridges.links.peer import Peer
from overlay.channels.protocol import Routes as ChannelRoutes
from overlay.errors import OverlayError
from overlay.policy.border import BorderPolicy
from overlay.quality.caps import CapsPolicy
from overlay.registry.far.protocol import AskFar, FarTold, Vouch
from overlay.registry.peers.export_protocol import Exports
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess
from overlay.registry.peers.protocol import Changes, Learned
from overlay.registry.peers.routes import ConfiguredRoutes
from overlay.registry.record import Record
from overlay.transport.contract import Transport
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity
from overlay.wire.envelope import Header


class RegistryPort(Protocol):
    """The registry. Every method raises OverlayError."""

    async def changes(
        self, log: str = "", since: int = 0, wait_s: float = 0.0, *, access: bool = False, peer: str = ""
    ) -> Changes:
        """A page of what changed among our agents; with their access policies only for ourselves. `peer`: as
        far as this one may hear of it.
        """

    async def exports(self, known: str) -> Exports:
        """What peers may hear of our agents; nothing new if `known` is the mark of what there is."""

    async def channel_routes(self, log: str, since: int, wait_s: float) -> ChannelRoutes:
        """Where members of channels are, of those that changed since."""

    async def border(self) -> BorderPolicy:
        """What our operator lets over the border."""

    async def check_roots(self, domain: str) -> None:
        """Raises NotFound when nobody whose word counts told of the roots of this domain."""

    async def far_tell(self, ask: AskFar) -> FarTold:
        """What a peer may hear of our domain, or of one that is pinned here. Raises NotFound as well."""

    async def far_vouch(self, ask: Vouch) -> FarTold:
        """What a peer told of a far domain, as we hand it on."""

    async def caps(self) -> CapsPolicy:
        """What our operator lets through, of whom."""

    async def routes(self) -> ConfiguredRoutes:
        """The next hops that our operator configured."""

    async def attached(self, count: int, refused: int) -> None:
        """How many agents have access, and how many that are registered have none (GW-1)."""

    def proves(self, record: Record) -> Identity:
        """Whom the key card in a record of ours proves. Raises Untrusted, BadInput."""

    async def learn(self, domain: str, changes: Changes) -> Learned:
        """Hand over what a peer's registry says; how far it is known now."""

    async def peers(self) -> Sequence[Peer]:
        """Whom to link with."""

    async def known(self, domain: str) -> tuple[str, int]:
        """(log, version) of a peer's registry, as far as ours knows it."""

    def denies(self, domain: str, serial: int) -> bool:
        """Whether this certificate of a domain was revoked, as far as we know."""

    async def gateway_alive(self, alive: GatewayAlive) -> Sequence[GatewayProcess]:
        """Our process is still here; all of ours that are, the oldest first."""

    async def peer_state(self, domain: str, *, online: bool) -> object:
        """Whether a peer is reached (GW-5)."""


class LinkCertificates(Protocol):
    """The certificates with which gateways come to each other's brokers."""

    def due(self, peer: Peer) -> bytes:
        """The request for ours at this peer's broker if it should be renewed now, else empty. Raises
        OverlayError.
        """

    def keep(self, peer: Peer, certificate: bytes) -> None:
        """Use this one (DER) from now on. Raises BadCertificate if it is not for us."""

    async def issue(self, domain: str, csr: bytes) -> bytes:
        """One (DER) for the gateway of `domain` at our broker, by our CA. Raises OverlayError."""


Me = Callable[[], Credentials]
"""Our credentials as they are now: they are renewed while the gateway runs."""

Complain = Callable[[Header, OverlayError], None]
"""Told of every message of an agent of ours that was given up; may tell its sender. Must not raise."""

Connect = Callable[[Peer], Awaitable[Transport]]
"""To a broker of this peer, with our link certificate. Raises OverlayError."""
