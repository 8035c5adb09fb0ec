"""Ways between many domains, simulated: no circles, and all that may be reached is (GW-7, GW-8, GW-12)."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from bridges.routing.routes import NoRoute
from overlay.errors import Unreachable
from overlay.registry.peers.relation import Relation, carries
from overlay.registry.peers.routes import ConfiguredRoutes, Route
from tests.routing.network import HOPS, Flight, Network, Unlinked

SEEDS = range(4)


def absurd(seed: int) -> Network:
    """Domains whose operators agree on nothing."""
    network = Network(seed)
    dice = network.random
    names = [f"d{number}.{dice.choice('xy')}" for number in range(dice.randint(2, 8))]
    for here, there in combinations(names, 2):
        if dice.random() < 0.5:
            network.link(here, there, dice.choice(list(Relation)), transit=dice.random() < 0.6)
            if dice.random() < 0.3:  # they see it differently
                network.nodes[there].link(here, network.nodes[here].standing(there))
    for here in network.nodes:
        targets = dice.sample([*names, "*", "*.x", "*.y"], dice.randint(0, 4))
        routes = tuple(Route(to, tuple(dice.choices(names, k=dice.randint(1, 3)))) for to in targets)
        network.nodes[here].configure(ConfiguredRoutes(routes))
    return network


def tree(network: Network, size: int) -> list[str]:
    """Each domain but the first is the child of one before it."""
    names = [f"d{number}.example" for number in range(size)]
    network.node(names[0])
    for number in range(1, size):
        network.link(names[number], names[network.random.randrange(number)], Relation.PARENT)
    return names


def anything_happens(network: Network) -> None:
    match network.random.randrange(6):
        case 0:
            network.turn()
        case 1:
            network.send(*network.random.sample(list(network.nodes), 2))
        case 2 | 3:
            network.exchange()
        case _:
            for flight in network.flights:
                if not flight.over:
                    network.move(flight)


def check(flight: Flight) -> None:
    path = flight.transit.path
    assert len(set(path)) == len(path) <= HOPS + 1, f"it went {' → '.join(path)}"


def permitted(network: Network, here: str, to: str) -> bool:
    """Whether there is any way on which everybody carries it, over the links that are up."""
    seen, edge = set(), [("", here)]
    while edge:
        before, now = edge.pop()
        if now == to:
            return True
        routes = network.nodes[now]
        for one, after in network.wires:
            step = now, after
            carried = not before or carries(routes.standing(before), routes.standing(after))
            if one == now and step not in seen and carried:
                seen.add(step)
                edge.append(step)
    return False


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_configured_and_whatever_fails_no_message_goes_in_a_circle(seed: int) -> None:
    for case in range(500):
        network = absurd(1000 * seed + case)
        for _ in range(50 if network.links else 0):
            anything_happens(network)
        for flight in network.flights:
            while not flight.over:
                network.move(flight)
            check(flight)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_a_hierarchy_with_peers_all_that_may_be_reached_is_whatever_failed_before(seed: int) -> None:
    for case in range(40):
        network = Network(10_000 + 1000 * seed + case)
        names = tree(network, network.random.randint(3, 7))
        linked = {frozenset(link) for link in network.links}
        for here, there in combinations(names, 2):
            if frozenset((here, there)) not in linked and network.random.random() < 0.15:
                network.link(here, there)
        for link in network.links:
            network.up(link)
        for _ in range(3):
            network.converge()
            for here, to in permutations(names, 2):
                flight = network.deliver(here, to)
                check(flight)
                assert flight.there == permitted(network, here, to), (case, here, to, flight)
            for _ in range(network.random.randint(1, 4)):
                network.turn()
                network.exchange()


@pytest.mark.parametrize("seed", SEEDS)
def test_among_peers_with_transit_everybody_is_reached_over_any_number_of_hops(seed: int) -> None:
    for case in range(40):
        network = Network(20_000 + 1000 * seed + case)
        names = [f"d{number}.example" for number in range(network.random.randint(2, 7))]
        for here, there in combinations(names, 2):
            if network.random.random() < 0.5 or names.index(there) - names.index(here) == 1:
                network.link(here, there, transit=True)
        for link in network.links:
            network.up(link)
        for _ in range(3):
            network.converge()
            for here, to in permutations(names, 2):
                assert network.deliver(here, to).there == permitted(network, here, to)
            network.turn()
            network.turn()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_has_two_parents_leaves_nothing_to_the_one_that_is_cut_off(seed: int) -> None:  # GW-12
    for case in range(40):
        network = Network(30_000 + 1000 * seed + case)
        dice = network.random
        names = ["root.example", "left.example", "right.example", *(f"leaf{n}.example" for n in range(4))]
        for middle in names[1:3]:
            network.link(middle, names[0], Relation.PARENT)
        for leaf in names[3:]:
            for middle in dice.sample(names[1:3], dice.randint(1, 2)):
                network.link(leaf, middle, Relation.PARENT)
        for link in network.links:
            network.up(link)
        network.down(dice.choice(network.links))
        network.converge()
        for here, to in permutations(names, 2):
            if all(permitted(network, "root.example", end) for end in (here, to)):
                assert network.deliver(here, to).there, (case, here, to)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_cut_off_is_forgotten_by_all(seed: int) -> None:
    for case in range(30):
        network = Network(40_000 + 1000 * seed + case)
        names = [f"d{number}.example" for number in range(network.random.randint(3, 7))]
        for here, there in combinations(names, 2):
            network.link(here, there, transit=True)
            network.up((here, there))
        network.converge()
        for link in network.links:
            if names[0] in link:
                network.down(link)
                for _ in range(network.random.randrange(10)):
                    network.exchange()
        network.converge()
        for here in names[1:]:
            assert names[0] not in network.nodes[here].domains()
            assert isinstance(network.deliver(here, names[0]).refusal, Unreachable | Unlinked)
        network.now += 1e6
        stranger = network.deliver(names[1], "never.example")
        assert isinstance(stranger.refusal, NoRoute)


def test_who_is_carried_through_nobody_is_told_so() -> None:
    network = Network(0)
    network.link("a.example", "b.example")
    network.link("b.example", "c.example")
    for link in network.links:
        network.up(link)
    network.converge()
    assert network.nodes["a.example"].domains() == {"b.example"}
    assert isinstance(network.deliver("a.example", "c.example").refusal, NoRoute)
