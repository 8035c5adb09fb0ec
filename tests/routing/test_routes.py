"""Which way is taken of several, and what is told, remembered and forgotten (GW-7, GW-8, GW-12)."""

from __future__ import annotations

import pytest

from bridges.frames.frame import Default, Reach
from bridges.routing.explanation import explained
from bridges.routing.routes import NoRoute, Routes
from bridges.routing.telling import Telling
from bridges.routing.transit import Transit, departing
from overlay.errors import BadInput, BadName, NotPermitted, OverlayError, Unreachable
from overlay.registry.peers.relation import Relation, Standing
from overlay.registry.peers.routes import ConfiguredRoutes, Route, check_routes, decode_routes, encode_routes
from overlay.settings import Settings

HERE = "a.example"
OURS = departing(HERE, 8, 0.0)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def routes(*peers: str, clock: Clock | None = None, **settings: object) -> Routes:
    """Of a.example; these peers are linked, `p…` are parents that are there for everything."""
    made = Routes(HERE, Settings.model_validate(settings), clock or Clock())
    for peer in peers:
        parent = peer.startswith("p")
        made.link(peer, Standing(Relation.PARENT if parent else Relation.PEER, transit=not parent))
        made.up(peer, "line")
        made.take(peer, "line", Reach((), default=Default.ALL if parent else Default.NONE, full=True))
    return made


def tell(made: Routes, *paths: str) -> None:
    """`b c x`: b tells that by c it leads to x."""
    for path in paths:
        names = tuple(f"{name}.example" for name in path.split())
        made.take(names[0], "line", Reach((names,)))


def configure(made: Routes, *refused: str, **via: str) -> None:
    ways = tuple(
        Route(to.replace("_", "."), tuple(f"{hop}.example" for hop in hops.split()))
        for to, hops in via.items()
    )
    made.configure(ConfiguredRoutes(ways, refused))


def hop(made: Routes, domain: str, transit: Transit = OURS) -> str:
    return made.next_hop(domain, transit).removesuffix(".example")


def test_the_peer_itself_comes_first_then_what_is_configured_then_told_then_learned_then_the_parent() -> None:
    clock = Clock()
    made = routes("b.example", "c.example", "d.example", "p.example", clock=clock)
    assert hop(made, "x.example") == "p"
    made.learn("x.example", "d.example")
    assert hop(made, "x.example") == "d"
    tell(made, "b q x", "c b.c.d x")
    assert hop(made, "x.example") == "b"
    configure(made, x_example="c", b_example="c")
    assert [hop(made, "x.example"), hop(made, "b.example")] == ["c", "b"]
    made.down("b.example", "line")
    assert hop(made, "b.example") == "c"


def test_the_shorter_way_is_taken_then_that_of_the_lower_rank_then_always_the_same() -> None:
    made = routes("b.example", "c.example", "d.example")
    tell(made, "d q x", "c q x", "b q r x")
    assert hop(made, "x.example") == "c"
    made.link("c.example", Standing(transit=True, rank=5))
    assert hop(made, "x.example") == "d"
    tell(made, "b x")
    assert hop(made, "x.example") == "b"


def test_domains_are_looked_up_segment_by_segment_and_next_hops_again() -> None:  # GW-12
    made = routes("b.example", "c.example")
    ways = (
        Route("*.x.example", ("b.example",)),
        Route("*.far.x.example", ("c.example",)),
        Route("one.far.x.example", ("hub.example",)),
        Route("hub.example", ("b.example",)),
    )
    made.configure(ConfiguredRoutes(ways))
    wanted = {"y.x.example": "b", "deep.far.x.example": "c", "one.far.x.example": "b"}
    assert {domain: hop(made, domain) for domain in wanted} == wanted
    with pytest.raises(NoRoute):
        hop(made, "x.example")


def test_of_several_configured_next_hops_the_first_one_that_is_up_is_taken() -> None:
    made = routes("b.example", "c.example")
    configure(made, x_example="b c")
    assert hop(made, "x.example") == "b"
    made.down("b.example", "line")
    assert hop(made, "x.example") == "c"
    made.down("c.example", "line")
    assert hop(made, "x.example") == "b"  # it waits there


def test_what_was_learned_from_a_message_is_forgotten_after_a_while_and_bounded() -> None:  # GW-7
    clock = Clock()
    made = routes("b.example", "p.example", clock=clock, route_learned_s=10, route_learned=2)
    made.learn("x.example", "b.example")
    clock.now = 9.0
    assert hop(made, "x.example") == "b"
    clock.now = 11.0
    assert hop(made, "x.example") == "p"
    for domain in ("x.example", "y.example", "z.example"):
        made.learn(domain, "b.example")
    assert [hop(made, domain) for domain in ("x.example", "y.example", "z.example")] == ["p", "b", "b"]


def test_a_domain_that_was_reached_is_waited_for_and_one_that_never_was_is_not() -> None:
    clock = Clock()
    made = routes("b.example", clock=clock, route_lost_s=100, route_settle_s=10)
    tell(made, "b x")
    made.take("b.example", "line", Reach((), withdrawn=("x.example",)))
    clock.now = 99.0
    with pytest.raises(Unreachable):
        hop(made, "x.example")
    with pytest.raises(NoRoute):
        hop(made, "y.example")
    clock.now = 101.0
    with pytest.raises(NoRoute):
        hop(made, "x.example")


def test_before_peers_have_told_their_ways_nobody_is_refused_for_good() -> None:
    clock = Clock()
    made = Routes(HERE, Settings(route_settle_s=30), clock)
    made.link("b.example")
    for now, kind in ((0.0, Unreachable), (31.0, NoRoute)):
        clock.now = now
        with pytest.raises(kind):
            hop(made, "x.example")


def test_several_lines_to_a_peer_count_together_and_each_for_itself() -> None:
    made = routes("b.example")
    made.up("b.example", "second")
    tell(made, "b x")
    made.take("b.example", "second", Reach((("b.example", "q.example", "x.example"),), full=True))
    made.down("b.example", "line")
    assert made.ways("x.example")[0].path == ("b.example", "q.example", "x.example")
    made.down("b.example", "second")
    assert made.domains() == set()


def test_a_peer_tells_of_so_many_domains_and_no_more() -> None:
    made = routes("b.example", route_domains=3)
    tell(made, *(f"b x{number}" for number in range(5)))
    assert len(made.domains() - {"b.example"}) == 3
    assert made.announced.counters["route-too-many"] == 2


def test_for_a_refused_domain_nothing_of_others_is_carried_and_ours_is() -> None:
    made = routes("b.example", "c.example")
    configure(made, "*.c.example", "c.example")
    came = Transit(8, ("b.example", HERE), 0.0)
    for domain, transit in (("c.example", came), ("b.example", Transit(8, ("c.example", HERE), 0.0))):
        with pytest.raises(NotPermitted):
            hop(made, domain, transit)
    assert hop(made, "c.example") == "c"
    assert made.told_to("b.example", "c.example") is None


def test_a_table_of_any_size_is_told_in_parts_and_only_changes_after_it() -> None:
    made = routes("b.example", "c.example")
    telling = Telling(made, "c.example")
    tell(made, *(f"b x{number}" for number in range(250)))
    parts = telling.next()
    assert [(len(part.paths), part.full, part.more) for part in parts] == [
        (100, True, True),
        (100, False, True),
        (51, False, False),
    ]
    assert telling.next() == []
    made.take("b.example", "line", Reach((), withdrawn=("x7.example",)))
    assert [part.withdrawn for part in telling.next()] == [("x7.example",)]


def test_a_peer_is_not_told_of_ways_that_lead_through_itself() -> None:
    made = routes("b.example", "c.example")
    tell(made, "b c x", "b y")
    told = {path for part in Telling(made, "c.example").next() for path in part.paths}
    assert told == {(HERE, "b.example"), (HERE, "b.example", "y.example")}


def test_a_child_is_told_that_we_are_its_default_and_nothing_else() -> None:  # GW-12
    made = routes("b.example", "p.example", "c.example")
    tell(made, "b x")
    made.link("c.example", Standing(Relation.CHILD))
    assert Telling(made, "c.example").next() == [Reach((), default=Default.ALL, full=True)]
    made.down("p.example", "line")
    assert made.default_for("c.example") is Default.PARTIAL


def test_an_explanation_says_each_thing_once_and_what_leads_nowhere() -> None:  # GW-8
    made = routes("b.example", "p.example")
    made.attach("alice")
    own = {name: explained(made, f"{name}@{HERE}", 8).source for name in ("alice", "gw", "ghost")}
    assert own == {"alice": "attached", "gw": "attached", "ghost": ""}
    assert explained(made, HERE, 8).source == "attached"
    (default,) = explained(made, "x.example", 8).why
    assert "it goes to p.example: it is a parent" in default
    configure(made, x_example="q b")
    first, taken, *_ = explained(made, "x.example", 8).why
    assert "q.example (overlay route), which is no peer" in first
    assert "it goes to b.example" in taken


@pytest.mark.parametrize(
    "wrong",
    [
        Route("c.example", ()),
        Route("c.example", (HERE,)),
        Route("c.example", ("c.example",)),
        Route(HERE, ("b.example",)),
        Route("c d", ("b.example",)),
        Route("*.*.c", ("b.example",)),
    ],
)
def test_routes_that_cannot_be_gone_by_are_refused(wrong: Route) -> None:
    with pytest.raises((BadInput, BadName)):
        check_routes(ConfiguredRoutes((wrong,)), HERE)


def test_routes_are_kept_as_they_were_given() -> None:
    made = ConfiguredRoutes((Route("*.b.example", ("b.example", "c.example")),), ("d.example",))
    assert decode_routes(encode_routes(check_routes(made, HERE))) == made
    with pytest.raises(OverlayError):
        decode_routes(b"rubbish")
