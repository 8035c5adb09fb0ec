"""A channel's tree of domains: every domain with members gets a publication once, nobody else does."""

from __future__ import annotations

import random
from collections import Counter, deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.multicast.forest import Forest, NextHop, NotInTree
from overlay.errors import Overloaded, Refused

CHANNEL = "case@d0.example"
Graph = dict[str, set[str]]
B, C = ("b.example", "s0"), ("c.example", "s0")


def forest_of(here: str, way: NextHop, *, channels: int = 99, domains: int = 99, now: float = 0.0) -> Forest:
    return Forest(here, way, channels=channels, domains=domains, kept_s=60.0, steady=lambda: now)


class Net:
    """Gateways that tell each other at once, over links of a graph; ways are the shortest."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.ways: dict[str, dict[str, str]] = {here: {} for here in graph}
        self.forests = {here: forest_of(here, ways.get) for here, ways in self.ways.items()}
        self.find_ways()

    def find_ways(self) -> None:
        for ways in self.ways.values():
            ways.clear()
        for to in self.graph:
            queue = deque([to])
            seen = {to}
            while queue:
                at = queue.popleft()
                for other in sorted(self.graph[at] - seen):
                    seen.add(other)
                    self.ways[other][to] = at
                    queue.append(other)

    def settle(self) -> None:
        for _ in range(200):
            said = [
                (here, item)
                for here, forest in self.forests.items()
                for item in forest.news((peer, "s0") for peer in self.graph[here])
            ]
            for here, item in said:
                self.forests[item.edge[0]].hear((here, "s0"), item.channel, item.domains)
            if not said:
                return
        raise AssertionError("they never stop telling each other")

    def cut(self, one: str, two: str) -> None:
        self.graph[one].discard(two)
        self.graph[two].discard(one)
        self.forests[one].lost((two, "s0"))
        self.forests[two].lost((one, "s0"))
        self.find_ways()

    def members(self, domains: set[str]) -> None:
        for here, forest in self.forests.items():
            home = {CHANNEL: domains} if here == "d0.example" else {}
            forest.use_local([CHANNEL] if here in domains else [], home)

    def publish(self, origin: str) -> Counter[str]:
        """How often each domain with members gets it."""
        got: Counter[str] = Counter()
        queue: deque[tuple[str, str | None]] = deque([(origin, None)])
        while queue:
            at, came_from = queue.popleft()
            got[at] += self.forests[at].here(CHANNEL)
            assert got.total() < 1000, "it goes round and round"
            queue.extend((peer, at) for peer in self.forests[at].targets(CHANNEL, came_from))
        return got


def graph_of(seed: int, size: int, extra: int) -> Graph:
    chance = random.Random(seed)
    names = [f"d{number}.example" for number in range(size)]
    graph: Graph = {name: set() for name in names}
    for at in range(1, size):
        other = names[chance.randrange(at)]
        graph[names[at]].add(other)
        graph[other].add(names[at])
    for _ in range(extra):
        one, two = chance.sample(names, 2)
        graph[one].add(two)
        graph[two].add(one)
    return graph


@given(seed=st.integers(0, 1 << 30), size=st.integers(2, 9), extra=st.integers(0, 8))
@settings(deadline=None, max_examples=100)
def test_every_domain_with_members_gets_a_publication_once(seed: int, size: int, extra: int) -> None:  # GW-9
    net = Net(graph_of(seed, size, extra))
    chance = random.Random(seed)
    domains = {name for name in net.graph if chance.random() < 0.5} | {"d0.example"}
    net.members(domains)
    net.settle()
    for origin in domains:
        assert net.publish(origin) == Counter(dict.fromkeys(domains, 1))


@given(seed=st.integers(0, 1 << 30), size=st.integers(3, 9), extra=st.integers(1, 8))
@settings(deadline=None, max_examples=100)
def test_the_tree_finds_another_way_when_a_link_fails(seed: int, size: int, extra: int) -> None:  # GW-9
    net = Net(graph_of(seed, size, extra))
    chance = random.Random(seed)
    domains = {name for name in net.graph if chance.random() < 0.6} | {"d0.example"}
    net.members(domains)
    net.settle()
    one = chance.choice(sorted(net.graph))
    net.cut(one, chance.choice(sorted(net.graph[one])))
    net.settle()
    reached = {name for name in domains if name == "d0.example" or "d0.example" in net.ways[name]}
    for origin in reached:
        assert net.publish(origin) == Counter(dict.fromkeys(reached, 1))


def test_who_leaves_gets_nothing_more_and_the_edges_are_released() -> None:  # GW-9
    net = Net(graph_of(1, 4, 0))
    net.members(set(net.graph))
    net.settle()
    net.members({"d0.example"})
    net.settle()
    assert net.publish("d0.example") == Counter({"d0.example": 1})
    assert all(not forest.targets(CHANNEL) for forest in net.forests.values())


def test_a_peer_that_asks_for_a_domain_without_members_is_refused() -> None:  # GW-9
    forest = forest_of("d0.example", lambda to: to)
    forest.use_local([CHANNEL], {CHANNEL: ["d0.example", "b.example"]})
    assert forest.hear(B, CHANNEL, ["b.example", "c.example"]) == {"c.example"}
    assert forest.hear(C, CHANNEL, ["c.example"]) == {"c.example"}
    assert set(forest.targets(CHANNEL)) == {"b.example"}
    forest.use_local([CHANNEL], {CHANNEL: ["d0.example", "b.example", "c.example"]})
    assert set(forest.targets(CHANNEL)) == {"b.example", "c.example"}


def test_what_comes_along_no_edge_is_refused() -> None:  # GW-9
    forest = forest_of("d0.example", lambda to: to)
    forest.use_local([CHANNEL], {CHANNEL: ["d0.example"]})
    with pytest.raises(NotInTree):
        forest.targets(CHANNEL, "c.example")


def test_what_peers_ask_for_is_bounded() -> None:  # GW-9
    forest = forest_of("b.example", lambda _: None, channels=1, domains=2)
    forest.hear(C, CHANNEL, ["c.example"])
    with pytest.raises(Overloaded):
        forest.hear(C, "other@d0.example", ["c.example"])
    with pytest.raises(Overloaded):
        forest.hear(C, CHANNEL, ["c.example", "d.example", "e.example"])
    with pytest.raises(Refused):
        forest.hear(C, CHANNEL, ["b.example"])


def test_a_peer_wants_it_as_long_as_one_of_its_processes_does() -> None:  # GW-9, GW-23
    forest = forest_of("d0.example", lambda to: to)
    forest.use_local([CHANNEL], {CHANNEL: ["d0.example", "b.example"]})
    for process in ("s0", "s1"):
        forest.hear(("b.example", process), CHANNEL, ["b.example"])
    forest.lost(("b.example", "s0"))
    assert set(forest.targets(CHANNEL)) == {"b.example"}
    forest.hear(("b.example", "s1"), CHANNEL, [])
    assert not forest.targets(CHANNEL)


def test_what_is_stored_is_kept_for_a_peer_that_is_away_until_it_says_what_it_wants() -> None:  # GW-9, GW-24
    forest = forest_of("d0.example", lambda to: to)
    forest.use_local([CHANNEL], {CHANNEL: ["d0.example", "b.example"]})
    forest.hear(B, CHANNEL, ["b.example"])
    forest.lost(B)
    assert not forest.targets(CHANNEL)
    assert set(forest.targets(CHANNEL, stored=True)) == {"b.example"}
    forest.said_all(B)
    assert not forest.targets(CHANNEL, stored=True)


def test_without_a_way_to_the_home_others_may_be_missed() -> None:  # GW-9
    forest = forest_of("b.example", lambda _: None)
    forest.use_local([CHANNEL], {})
    assert forest.homeless(CHANNEL)
    assert not forest.homeless("other@b.example")
