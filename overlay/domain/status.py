"""What `overlay status` says of a domain: which parts serve, who its peers are, how many agents it has."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, field

from overlay.domain.broker_access import managed_broker
from overlay.domain.child import process_of
from overlay.domain.config import DomainConfig, load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.health import check_health
from overlay.domain.operator import Operator, operator
from overlay.domain.parts import parts_of
from overlay.domain.peer_status import PeerStatus, peer_status
from overlay.errors import NotFound, OverlayError, Unavailable
from overlay.gateway.client import GatewayClient
from overlay.gateway.protocol import Links
from overlay.naming.ids import CA, REGISTRY
from overlay.settings import load_settings

_ASKED = (CA, REGISTRY)
"""Parts that answer an operator's question through the broker; the others are seen by their processes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the domain."""

    name: str
    well: bool
    detail: str = ""
    known: bool = True
    """False when it can be seen only from elsewhere; then `well` is what follows from the others."""


@dataclass(slots=True)
class DomainStatus:
    """Everything. `agents` is None while the registry does not answer."""

    domain: str
    broker: str
    url: str
    parts: list[Part] = field(default_factory=list)
    peers: list[PeerStatus] = field(default_factory=list)
    agents: int | None = None
    online: int = 0
    attached: int | None = None
    """How many have access through the gateway (GW-1); None while it has not said."""
    refused: int = 0
    """How many are registered and were refused access: the gateway's log says why."""
    gateways: tuple[str, ...] = ()
    """The processes of the gateway that answered."""
    counters: dict[str, int] = field(default_factory=dict)
    """What they counted, together."""

    @property
    def well(self) -> bool:
        """Whether every part serves."""
        return all(part.well for part in self.parts)

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        peers = [peer.as_dict() for peer in self.peers]
        return {**asdict(self), "peers": peers, "well": self.well}


async def domain_status(folder: DomainFolder) -> DomainStatus:
    """Asks every part, through the broker where it can."""
    config = load_config(folder.config)
    found = DomainStatus(config.domain, config.broker, config.url)
    try:
        async with operator(folder) as hand:
            found.parts.append(await _ca(hand))
            found.parts.append(await _registry(hand, found))
    except OverlayError as error:
        asked = {part.name for part in found.parts}
        found.parts += [Part(name, well=False, detail=str(error)) for name in _ASKED if name not in asked]
    answers = any(part.well for part in found.parts)
    parts = parts_of(config.broker, load_settings(folder.settings))
    beside = [_beside(folder, config, part) for part in parts if part not in _ASKED]
    found.parts = [_broker(folder, config, answers=answers), *found.parts, *beside]
    return found


async def peers_status(folder: DomainFolder) -> list[PeerStatus]:
    """All peers, in order of their domains. Raises Unreachable, Unavailable."""
    async with operator(folder) as hand:
        told = await links_told(hand)
        return [peer_status(peer, told) for peer in await hand.peers.all()]


async def one_peer_status(folder: DomainFolder, domain: str) -> PeerStatus:
    """Raises NotFound, Unreachable, Unavailable."""
    for peer in await peers_status(folder):
        if peer.domain == domain:
            return peer
    raise NotFound(f"{domain} is no peer: `overlay peer list` names them")


async def links_told(hand: Operator) -> list[Links]:
    """By each process of the gateway that answers soon; what the registry keeps is shown without them."""
    try:
        async with asyncio.timeout(hand.endpoint.settings.gateway_ask_s):
            return await GatewayClient(hand.endpoint).all_links()
    except (OverlayError, TimeoutError):
        return []


def _broker(folder: DomainFolder, config: DomainConfig, *, answers: bool) -> Part:
    broker = managed_broker(folder, config, load_settings(folder.settings))
    if broker is None:
        carries = "carries messages" if answers else "nothing answers through it"
        return Part("broker", answers, f"run by somebody else; {carries}", known=False)
    return Part("broker", broker.running(), "" if broker.running() else "its process is not there")


def _beside(folder: DomainFolder, config: DomainConfig, name: str) -> Part:
    """Of one that answers no questions: by its process."""
    if config.part:
        return Part(name, well=True, detail=f"runs elsewhere: ask `overlay health {name}` there", known=False)
    if not process_of(folder, name).running():
        return Part(name, well=False, detail="its process is not there")
    try:
        check_health(folder, name)
    except Unavailable as error:
        return Part(name, well=False, detail=f"its process is there, but {error}")
    return Part(name, well=True)


async def _ca(hand: Operator) -> Part:
    try:
        await hand.ca.status(name=CA)
    except OverlayError as error:
        return Part("ca", well=False, detail=str(error))
    return Part("ca", well=True)


async def _registry(hand: Operator, found: DomainStatus) -> Part:
    try:
        peers = await hand.peers.all()
        count = await hand.registry.count()
    except OverlayError as error:
        return Part("registry", well=False, detail=str(error))
    found.agents, found.online = count.agents, count.online
    found.attached, found.refused = count.attached, count.refused
    told = await links_told(hand)
    found.peers = [peer_status(peer, told) for peer in peers]
    found.gateways = tuple(links.process for links in told)
    found.counters = dict(sum((Counter(links.counters) for links in told), Counter()))
    return Part("registry", well=True)
