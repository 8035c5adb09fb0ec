"""Asking the registry about other domains and our border: gateways and operators do."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy
from overlay.policy.border import BorderPolicy, decode_border, encode_border
from overlay.policy.export import ExportPolicy, encode_export
from overlay.quality.caps import CapsPolicy, encode_caps
from overlay.registry.access import Access, AskAccess, AttachedCount, Border, read_access
from overlay.registry.caps_protocol import Caps, SetCaps
from overlay.registry.client import RegistryClient
from overlay.registry.far.protocol import (
    AskFar,
    AskFarDomains,
    FarDomain,
    FarDomains,
    FarForget,
    FarPin,
    FarTold,
    Introducing,
    Vouch,
)
from overlay.registry.peers.export_protocol import AskExports, Exports, SetExport
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcesses
from overlay.registry.peers.protocol import (
    AskChanges,
    AskPeers,
    Changes,
    Learn,
    Learned,
    Peer,
    PeerRemove,
    Peers,
    PeerState,
)
from overlay.registry.peers.routes import ConfiguredRoutes, SetRoutes
from overlay.registry.protocol import Op
from overlay.wire.request import Nothing


class PeersClient:
    """Every method raises what `RegistryClient.ask` raises."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry

    async def changes(
        self, log: str = "", since: int = 0, wait_s: float = 0.0, *, access: bool = False, peer: str = ""
    ) -> Changes:
        """One page of what changed; waits up to `wait_s` for something, which the registry may shorten.
        `access`: with the agents' access policies. `peer`: as far as this one may hear of it.
        """
        ask = AskChanges(log, since, wait_s, access, peer)
        return await self._registry.ask(Op.CHANGES, ask, Changes, self._registry.usual_s + wait_s)

    async def learn(self, domain: str, changes: Changes) -> Learned:
        """Gateway: hand over what the registry of a peer answered."""
        return await self._registry.ask(Op.LEARN, Learn(domain, changes), Learned)

    async def far_tell(self, ask: AskFar) -> FarTold:
        """Gateway: what a peer may hear of our domain, or of one that is pinned here."""
        return await self._registry.ask(Op.FAR_TELL, ask, FarTold)

    async def far_vouch(self, ask: Vouch) -> FarTold:
        """Gateway: what a peer told of a far domain, as we hand it on."""
        return await self._registry.ask(Op.FAR_VOUCH, ask, FarTold)

    async def far_pin(self, domain: str, bundle: bytes) -> FarDomain:
        """Operator: believe these roots of a domain that is no peer."""
        return await self._registry.ask(Op.FAR_PIN, FarPin(domain, bundle), FarDomain)

    async def far_forget(self, domain: str) -> None:
        """Operator: believe nothing of a far domain any more."""
        await self._registry.ask(Op.FAR_FORGET, FarForget(domain), Nothing)

    async def far(self) -> list[FarDomain]:
        """Operator: all far domains that are believed."""
        found: list[FarDomain] = []
        more = True
        while more:
            ask = AskFarDomains(found[-1].domain if found else "")
            page = await self._registry.ask(Op.FAR_DOMAINS, ask, FarDomains)
            found += page.domains
            more = page.more
        return found

    async def set_introducing(self, domain: str, patterns: Sequence[str]) -> Peer:
        """Operator: for the roots of which far domains the word of a peer counts."""
        return await self._registry.ask(Op.INTRODUCING, Introducing(domain, tuple(patterns)), Peer)

    async def attached(self, count: int, refused: int) -> None:
        """Gateway: how many agents have access, and how many were refused it."""
        await self._registry.ask(Op.ATTACHED, AttachedCount(count, refused), Nothing)

    async def gateway_alive(self, alive: GatewayAlive) -> GatewayProcesses:
        """Gateway: one of its processes is still here; all that are."""
        return await self._registry.ask(Op.GATEWAY_ALIVE, alive, GatewayProcesses)

    async def gateways(self) -> GatewayProcesses:
        """Which processes our gateway has."""
        return await self._registry.ask(Op.GATEWAYS, Nothing(), GatewayProcesses)

    async def border(self) -> BorderPolicy:
        """The border policy of our domain."""
        return decode_border((await self._registry.ask(Op.BORDER, Nothing(), Border)).policy)

    async def set_border(self, policy: BorderPolicy) -> None:
        """Operator: from now on this is the border policy."""
        await self._registry.ask(Op.BORDER_SET, Border(encode_border(policy)), Border)

    async def caps(self) -> Caps:
        """The caps of our domain, and what the registry counts by."""
        return await self._registry.ask(Op.CAPS, Nothing(), Caps)

    async def set_caps(self, policy: CapsPolicy) -> None:
        """Operator: from now on these hold."""
        data = b"" if policy == CapsPolicy() else encode_caps(policy)
        await self._registry.ask(Op.CAPS_SET, SetCaps(data), Nothing)

    async def routes(self) -> ConfiguredRoutes:
        """The next hops that our operator configured."""
        return await self._registry.ask(Op.ROUTES, Nothing(), ConfiguredRoutes)

    async def set_routes(self, routes: ConfiguredRoutes, was: ConfiguredRoutes) -> ConfiguredRoutes:
        """Operator: from now on these, if nobody changed those that were. Raises Refused."""
        return await self._registry.ask(Op.ROUTES_SET, SetRoutes(routes, was), ConfiguredRoutes)

    async def exports(self, known: str = "") -> Exports:
        """What peers may hear of our agents; nothing new if `known` is the mark of what there is."""
        return await self._registry.ask(Op.EXPORTS, AskExports(known), Exports)

    async def set_export(self, domain: str, policy: ExportPolicy | None) -> None:
        """Operator: from now on a peer hears this; None: the usual."""
        data = b"" if policy is None else encode_export(policy)
        await self._registry.ask(Op.EXPORT_SET, SetExport(domain, data), Nothing)

    async def access_of(self, party: PartyId) -> AccessPolicy:
        """Operator: whom an agent of ours lets in."""
        return read_access((await self._registry.ask(Op.ACCESS, AskAccess(str(party)), Access)).policy)

    async def all(self) -> list[Peer]:
        """All peers."""
        found: list[Peer] = []
        more = True
        while more:
            page = await self._registry.ask(Op.PEERS, AskPeers(found[-1].domain if found else ""), Peers)
            found += page.peers
            more = page.more
        return found

    async def add(self, peer: Peer) -> Peer:
        """Operator: peer with a domain, or change how."""
        return await self._registry.ask(Op.PEER_ADD, peer, Peer)

    async def remove(self, domain: str) -> None:
        """Operator: peer with a domain no longer."""
        await self._registry.ask(Op.PEER_REMOVE, PeerRemove(domain), Nothing)

    async def set_state(self, domain: str, *, online: bool) -> Peer:
        """Gateway: whether the peer is reached."""
        return await self._registry.ask(Op.PEER_STATE, PeerState(domain, online), Peer)
