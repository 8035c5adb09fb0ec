"""The operator's caps, enforced: what leaves our domain, and what comes in (GW-15, GW-22). No I/O."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from overlay.errors import Overloaded
from overlay.naming.ids import PartyId, is_reserved
from overlay.naming.subjects import Priority
from overlay.quality.bucket import SharedBucket, Step, pass_all
from overlay.quality.caps import NOT_CAPPED, Cap, CapsPolicy
from overlay.wire.envelope import Header

_KEPT = 20_000
"""Nodes and ways that are remembered: of more parties those that were seen least lately begin anew."""

_NEVER = 1e-6
"""A rate at which nothing passes."""

MayTake = Callable[[str], float]
"""How many messages a second an agent of ours takes, by its own word; 0: not said."""
OrganisationOf = Callable[[str], str]
"""Of an agent of ours, by its certificate; empty: none."""


@dataclass(frozen=True, slots=True)
class Way:
    """What one sender's messages to one receiver pass."""

    steps: tuple[Step, ...]
    critical: tuple[Step, ...]
    weight: int
    takes: float


class _Node:
    """One party's, or the domain's, as far as the policy caps it."""

    def __init__(self, name: str, cap: Cap, part: float, now: float) -> None:
        self.name = name
        self.cap = cap
        self.weight = cap.weight
        self.messages = _bucket(name, "messages/s", cap.messages_per_s * part, cap.burst_s, now)
        self.bytes = _bucket(name, "bytes/s", cap.bytes_per_s * part, cap.burst_s, now)
        self.critical: SharedBucket | None = None
        if cap.critical_per_s is not None:
            rate = max(cap.critical_per_s * part, _NEVER)
            self.critical = SharedBucket(f"{name} (critical messages/s)", rate, rate * cap.burst_s, now)
            if not cap.critical_per_s:
                self.critical.take(1)


_Pair = tuple[_Node, _Node | None]
"""One that is met, and who shares in it there."""
_SHARED = frozenset(("arrivals at", "domain", "from peer", "organisation", "to peer"))


class Caps:
    """Of one process of the gateway; `part` of every rate is its own: 1 / processes. Times are of a steady
    clock.
    """

    def __init__(self, domain: str, organisation_of: OrganisationOf, may_take: MayTake) -> None:
        self.policy = CapsPolicy()
        self.part = 1.0
        self.version = 0
        """Another one whenever ways may have changed."""
        self._domain = domain
        self._organisation_of = organisation_of
        self._may_take = may_take
        self._nodes: OrderedDict[tuple[str, str], _Node] = OrderedDict()
        self._shared: dict[tuple[str, str], _Node] = {}
        """Of peers, organisations and the domain: nobody makes up names of these to have them begin anew."""
        self._ways: OrderedDict[tuple[str, str, str], Way] = OrderedDict()

    def use(self, policy: CapsPolicy, processes: int) -> None:
        """From now on these hold, and so many processes share them. Call it now and then: what is known of
        agents (organisations, what they take) is asked anew.
        """
        part = 1 / max(1, processes)
        if (policy, part) != (self.policy, self.part):
            self.policy, self.part = policy, part
            self._nodes.clear()
            self._shared.clear()
        self._ways.clear()
        self.version += 1

    def leave(self, header: Header, size: int, peer: str, now: float) -> tuple[Priority, int]:
        """(as how important it is treated, its sender's weight). Raises Overloaded."""
        way = self._way(header.sender, header.to, peer, now, out=True)
        return self._pass(way, header, size, now), way.weight

    def enter(self, header: Header, size: int, peer: str, now: float) -> None:
        """Raises Overloaded."""
        self._pass(self._way(header.sender, header.to, peer, now, out=False), header, size, now)

    def carry(self, header: Header, size: int, peer: str, now: float, *, here: bool = False) -> Priority:
        """Of a message that `peer` brought for another domain, or for the members of a channel, `here` among
        others: as how important it goes on. Raises Overloaded.
        """
        place = (header.sender, "here" if here else "", peer)
        way = self._ways.get(place)
        if way is None:
            tree = self._from_peer(header.sender, peer, now)
            if here:
                tree.append(self._arrivals(now))
            way = self._keep(place, _way_of(tree[0], _upwards(tree), 0.0))
        return self._pass(way, header, size, now)

    def way(self, sender: str, to: str, peer: str, now: float) -> Way:
        """What a message passes here, for whoever wants to know."""
        out = PartyId.parse(sender).domain == self._domain
        return self._way(sender, to, peer, now, out=out)

    def _pass(self, way: Way, header: Header, size: int, now: float) -> Priority:
        name, _, home = header.sender.partition("@")
        if home == self._domain and is_reserved(name):  # what our gateway itself says is not held up
            return header.priority
        lane = header.priority
        if way.critical and lane is Priority.CRITICAL:
            try:
                pass_all(way.critical, size, now, header.sender)
            except Overloaded:
                if self.policy.beyond == "refuse":
                    raise
                lane = Priority.NORMAL
        if way.steps:
            pass_all(way.steps, size, now, header.sender)
        return lane

    def _way(self, sender: str, to: str, peer: str, now: float, *, out: bool) -> Way:
        place = (sender, to, peer)
        way = self._ways.get(place)
        if way is None:
            way = self._keep(place, self._departing(place, now) if out else self._arriving(place, now))
        return way

    def _keep(self, place: tuple[str, str, str], way: Way) -> Way:
        self._ways[place] = way
        if len(self._ways) > _KEPT:
            self._ways.popitem(last=False)
        return way

    def _departing(self, place: tuple[str, str, str], now: float) -> Way:
        sender, to, peer = place
        policy = self.policy
        organisation = self._organisation_of(sender.partition("@")[0])
        agent = self._node("agent", sender, policy.agents.get(sender, policy.agent), now)
        tree = [agent]
        if organisation:
            cap = policy.organisations.get(organisation, policy.organisation)
            tree.append(self._node("organisation", organisation, cap, now))
        tree.append(self._node("domain", self._domain, policy.domain, now))
        target = self._node("target", to, policy.targets.get(to, NOT_CAPPED), now)
        beside = [(self._to_peer(peer, now), agent), (target, agent)]
        return _way_of(agent, [*_upwards(tree), *beside], 0.0)

    def _arriving(self, place: tuple[str, str, str], now: float) -> Way:
        sender, to, peer = place
        policy = self.policy
        tree = [*self._from_peer(sender, peer, now), self._arrivals(now)]
        name, _, home = sender.partition("@")
        if is_reserved(
            name
        ):  # what another gateway says of messages counts for its domain, and for nobody else
            return _way_of(tree[0], _upwards(tree), 0.0)
        cap = policy.targets.get(to, policy.target)
        takes = self._may_take(to.partition("@")[0])
        if takes and not 0 < cap.messages_per_s < takes:
            cap = Cap(takes, cap.bytes_per_s, cap.burst_s, critical_per_s=cap.critical_per_s)
        target = self._node("to", to, cap, now)
        theirs = self._node("to", f"{to} from {home}", cap, now)  # a domain gets no more by more names
        return _way_of(tree[0], [*_upwards(tree), (theirs, tree[0]), (target, theirs)], takes)

    def _from_peer(self, sender: str, peer: str, now: float) -> list[_Node]:
        cap = self.policy.peers.get(peer, self.policy.peer)
        whole = self._node("from peer", peer, cap, now)
        if is_reserved(sender.partition("@")[0]):
            return [whole]
        return [self._node("stranger", sender, self.policy.stranger, now), whole]

    def _arrivals(self, now: float) -> _Node:
        return self._node("arrivals at", self._domain, self.policy.arrivals, now)

    def _to_peer(self, peer: str, now: float) -> _Node:
        return self._node("to peer", peer, self.policy.peers.get(peer, self.policy.peer), now)

    def _node(self, kind: str, name: str, cap: Cap, now: float) -> _Node:
        kept: dict[tuple[str, str], _Node] = self._shared if kind in _SHARED else self._nodes
        node = kept.get((kind, name))
        if node is None or node.cap != cap:
            node = kept[kind, name] = _Node(f"{kind} {name}", cap, self.part, now)
        if kept is self._nodes:
            self._nodes.move_to_end((kind, name))
            if len(self._nodes) > _KEPT:
                self._nodes.popitem(last=False)
        return node


def _bucket(name: str, unit: str, rate: float, burst_s: float, now: float) -> SharedBucket | None:
    return SharedBucket(f"{name} ({unit})", rate, rate * burst_s, now) if rate else None


def _upwards(tree: list[_Node]) -> list[_Pair]:
    """From the leaf up, each shares in the next."""
    return list(zip(tree, [None, *tree[:-1]], strict=True))


def _way_of(leaf: _Node, pairs: list[_Pair], takes: float) -> Way:
    steps: list[Step] = []
    critical: list[Step] = []
    for node, below in pairs:
        sharer, weight = (below.name, below.weight) if below else ("", 1)
        if node.messages:
            steps.append((node.messages, sharer, weight, False))
        if node.bytes:
            steps.append((node.bytes, sharer, weight, True))
        if node.critical:
            critical.append((node.critical, sharer, weight, False))
    return Way(tuple(steps), tuple(critical), leaf.weight, takes)
