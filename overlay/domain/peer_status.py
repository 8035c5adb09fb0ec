"""How each peer stands: what the registry keeps of it, and what our gateway's processes measure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import msgspec

from overlay.gateway.protocol import LineReport, LinkReport, Links
from overlay.registry.peers.protocol import Peer


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One line, and which process of our gateway has it."""

    ours: str
    line: LineReport


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One peer. Numbers are sums over all lines; the delay is that of the best."""

    domain: str
    state: str
    """`linked`, `degraded`, `offline`, `refused` or `connecting`; `online` while the gateway does not say."""
    since: float
    why: str
    relation: str
    transit: bool
    agents: int
    version: int
    """The last change of its registry that ours knows (GW-4)."""
    heard_at: float
    addresses: tuple[str, ...]
    """Where we dial it; empty: it dials us."""
    lost: dict[str, str] = field(default_factory=dict)
    """By its address: why the last session there was lost."""
    lines: tuple[LineStatus, ...] = ()

    @property
    def used(self) -> int:
        """Lines that messages may take."""
        return sum(one.line.used for one in self.lines)

    @property
    def rtt_ms(self) -> float | None:
        """Of the best line that was measured."""
        return min((one.line.rtt_ms for one in self.lines if one.line.rtt_ms), default=None)

    @property
    def waiting(self) -> int:
        """Messages that wait to be sent, or to be acknowledged."""
        return sum(one.line.waiting + one.line.unacknowledged for one in self.lines)

    @property
    def carried(self) -> tuple[int, int]:
        """Messages out and in over the lines that are there now."""
        out = sum(one.line.messages_out for one in self.lines)
        return out, sum(one.line.messages_in for one in self.lines)

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        lines = [{"ours": one.ours, **msgspec.to_builtins(one.line)} for one in self.lines]
        numbers = {"used": self.used, "rtt_ms": self.rtt_ms, "waiting": self.waiting}
        return {**asdict(self), **numbers, "online": self.state in _ONLINE, "lines": lines}


_ONLINE = ("linked", "degraded", "online")


def peer_status(peer: Peer, told: Sequence[Links]) -> PeerStatus:
    """`told`: by each process of our gateway that answered."""
    reports = [(links.process, link) for links in told for link in links.links if link.domain == peer.domain]
    state, since, why = _state(peer, [link for _, link in reports])
    return PeerStatus(
        domain=peer.domain,
        state=state,
        since=since,
        why=why,
        relation=str(peer.relation),
        transit=peer.transit,
        agents=peer.agents,
        version=peer.version,
        heard_at=peer.heard_at,
        addresses=peer.addresses,
        lost={address: why for _, link in reports for address, why in link.lost.items()},
        lines=tuple(LineStatus(process, line) for process, link in reports for line in link.lines),
    )


def _state(peer: Peer, links: Sequence[LinkReport]) -> tuple[str, float, str]:
    """As good as that of the process that reaches it best, but degraded unless all do."""
    if not links:
        return ("online" if peer.online else "offline"), peer.heard_at, "our gateway does not say more"
    online = [link for link in links if link.online]
    if not online:
        return links[0].status, max(link.since for link in links), links[0].why
    worst = next((link for link in links if link.status != "linked"), None)
    if worst is not None:
        return "degraded", worst.since, worst.why
    return "linked", min(link.since for link in links), ""
