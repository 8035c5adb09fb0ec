"""For each channel the tree of domains with members, as one gateway knows it (GW-9). Pure.

The home domain of a channel is the root. Whoever has members, or is asked by others, asks the next hop
towards the home; who was asked remembers by whom. A publication goes along all edges of the tree but the one
by which it came, so it needs not go to the home first, and reaches every domain once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from overlay.errors import Overloaded, Refused
from overlay.naming.ids import PartyId, check_domain

NextHop = Callable[[str], str | None]
"""The peer towards a domain; None: there is no way now."""
Domains = frozenset[str]
Edge = tuple[str, str]
"""A peer, and which process of its gateway."""
_SHARE = 2
"""Of all channels that may be wanted, one peer may want this part."""
_EACH = 10
"""For so many domains each, taken together."""


class NotInTree(Refused):
    """It came along no edge of the channel's tree."""

    reason = "not-in-tree"


@dataclass(frozen=True, slots=True)
class Interest:
    """What a process of a peer has to be told: these domains want the channel by us; none: it may stop."""

    edge: Edge
    channel: str
    domains: Domains


class Forest:
    """All channels at the gateway of domain `here`. At most `channels` of peers, with `domains` each."""

    def __init__(
        self,
        here: str,
        next_hop: NextHop,
        *,
        channels: int,
        domains: int,
        kept_s: float,
        steady: Callable[[], float],
    ) -> None:
        """`kept_s`: how long what a peer wanted that is lost counts for what is stored. `steady`: a clock."""
        self._here = here
        self._kept_s = kept_s
        self._steady = steady
        self._young_until = steady() + kept_s
        self._next_hop = next_hop
        self._channels = channels
        self._domains = domains
        self._local: frozenset[str] = frozenset()
        self._members: dict[str, Domains] = {}
        self._below: dict[str, dict[Edge, Domains]] = {}
        self._of: Counter[str] = Counter()
        """How many channels the processes of each peer want."""
        self._for: Counter[str] = Counter()
        """For how many domains, taken together."""
        self._told: dict[Edge, dict[str, Domains]] = {}
        self._away: dict[str, tuple[float, dict[str, Domains]]] = {}

    def use_local(self, channels: Iterable[str], members: Mapping[str, Iterable[str]]) -> None:
        """What our domain says: in which channels it has members, and, of those whose home it is, from which
        domains members are.
        """
        self._local = frozenset(channels)
        self._members = {channel: frozenset(domains) for channel, domains in members.items()}

    def hear(self, edge: Edge, channel: str, domains: Iterable[str]) -> Domains:
        """A process of a peer asks for a channel, for these domains; none: no longer. Those that get nothing
        as yet: of a channel whose home is here, whoever has no member in it. Raises Refused, Overloaded,
        BadName.
        """
        PartyId.parse(channel)
        asked, peer = frozenset(domains), edge[0]
        if self._here in asked:
            raise Refused(f"{peer} asks {self._here} for {channel} in the name of {self._here} itself")
        if len(asked) > self._domains:
            raise Overloaded(f"{peer} asks for {channel} for {len(asked)} domains (channel_domains)")
        for domain in asked:
            check_domain(domain)
        if asked and not self._has_room(channel, edge, len(asked)):
            raise Overloaded(f"{peer} asks for one channel more than gateway_channels permits")
        self._put(channel, edge, asked)
        return asked - self._permitted(channel, asked)

    def lost(self, edge: Edge) -> None:
        """There is no line to it any more: what it asked for and what it was told is void. What is stored is
        kept for the peer until it has said again what it wants.
        """
        self._told.pop(edge, None)
        wanted = {channel: asked[edge] for channel, asked in self._below.items() if edge in asked}
        for channel in wanted:
            self._put(channel, edge, frozenset())
        if wanted and not any(other[0] == edge[0] for asked in self._below.values() for other in asked):
            self._away[edge[0]] = (self._steady() + self._kept_s, wanted)

    def said_all(self, edge: Edge) -> None:
        """A process of a peer has said all that it wants."""
        self._away.pop(edge[0], None)

    def homeless(self, channel: str) -> bool:
        """Whether there is no way now to where the channel's home is: others may be missed."""
        return _home(channel) != self._here and self._up(channel) is None

    def misses(self, channel: str, *, new: Callable[[], bool]) -> bool:
        """Whether what is stored waits for who is not known yet: of our own channels, domains with members
        that have not asked for it, at our beginning for long; of others, us. `new`: it may be tried again.
        """
        if _home(channel) != self._here:
            return channel not in self._local and channel not in self._below and new()
        reached = self.targets(channel, stored=True).values()
        missing = self._members.get(channel, frozenset()) - {self._here}.union(*reached)
        return bool(missing) and (self._steady() < self._young_until or new())

    def leads_home(self, channel: str, peer: str) -> bool:
        """Whether the way to the channel's home is by this peer."""
        return self._up(channel) == peer

    def asked_for(self, channel: str, peer: str, domain: str) -> bool:
        """Whether a peer asked for it in the name of this domain, or did before it was lost."""
        asked = [edge[1] for edge in self._asked(channel, None) if edge[0][0] == peer]
        return any(domain in domains for domains in (*asked, self._missed(channel, None).get(peer, ())))

    def untold(self, edge: Edge) -> None:
        """What it was told last may not have reached it: `news` tells all again."""
        self._told.pop(edge, None)

    def news(self, edges: Iterable[Edge]) -> list[Interest]:
        """What has to be told to these, who are reached now, since they were told last. It counts as told."""
        wanted: dict[str, dict[str, Domains]] = {}
        for channel in {*self._local, *self._below}:
            up = self._up(channel)
            domains = self._wanted(channel, up)
            if up is not None and domains:
                wanted.setdefault(up, {})[channel] = domains
        found = []
        for edge in edges:
            told, channels = self._told.get(edge, {}), wanted.get(edge[0], {})
            found += [
                Interest(edge, channel, channels.get(channel, frozenset()))
                for channel in sorted({*told, *channels})
                if told.get(channel) != channels.get(channel)
            ]
            self._told[edge] = channels
        return found

    def here(self, channel: str) -> bool:
        """Whether our domain has members in it."""
        return channel in self._local

    def targets(
        self, channel: str, came_from: str | None = None, *, stored: bool = False
    ) -> dict[str, Domains]:
        """The peers to whom a publication goes that was made here, or came from a peer, and for whom: towards
        the home, for all that is there. `stored`: to those, too, who are away for now. Raises NotInTree.
        """
        up = self._up(channel)
        found: dict[str, Domains] = {}
        for (peer, _), domains in self._asked(channel, up):
            found[peer] = found.get(peer, frozenset()) | domains
        found = (self._missed(channel, up) if stored else {}) | found
        found = {peer: domains for peer, domains in found.items() if domains}
        if up is not None and (channel in self._local or found):
            found[up] = frozenset((_home(channel),))
        if came_from is not None and found.pop(came_from, None) is None:
            raise NotInTree(f"{came_from} brings something of {channel}, and is not on its way")
        return found

    def _up(self, channel: str) -> str | None:
        home = _home(channel)
        return None if home == self._here else self._next_hop(home)

    def _wanted(self, channel: str, up: str | None) -> Domains:
        below = [domains for _, domains in self._asked(channel, up)]
        return frozenset().union(*below, {self._here} if channel in self._local else ())

    def _asked(self, channel: str, up: str | None) -> list[tuple[Edge, Domains]]:
        asked = self._below.get(channel, {})
        return [(edge, self._permitted(channel, domains)) for edge, domains in asked.items() if edge[0] != up]

    def _missed(self, channel: str, up: str | None) -> dict[str, Domains]:
        now = self._steady()
        for peer in [peer for peer, (until, _) in self._away.items() if until <= now]:
            del self._away[peer]
        return {
            peer: self._permitted(channel, wanted[channel])
            for peer, (_, wanted) in self._away.items()
            if channel in wanted and peer != up
        }

    def _permitted(self, channel: str, domains: Domains) -> Domains:
        if _home(channel) != self._here:
            return domains
        return domains & self._members.get(channel, frozenset())

    def _has_room(self, channel: str, edge: Edge, domains: int) -> bool:
        peer, share = edge[0], max(1, self._channels // _SHARE)
        known = self._below.get(channel, {}).get(edge, frozenset())
        if domains > len(known) and self._for[peer] + domains - len(known) > share * _EACH:
            return False
        if known:
            return True
        return self._of[peer] < share and (channel in self._below or len(self._below) < self._channels)

    def _put(self, channel: str, edge: Edge, domains: Domains) -> None:
        asked = self._below.setdefault(channel, {})
        self._of[edge[0]] += bool(domains) - (edge in asked)
        self._for[edge[0]] += len(domains) - len(asked.get(edge, ()))
        if domains:
            asked[edge] = domains
        else:
            asked.pop(edge, None)
        if not asked:
            del self._below[channel]


def _home(channel: str) -> str:
    return PartyId.parse(channel).domain
