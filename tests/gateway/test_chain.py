"""Messages over several gateways: they arrive once, or their senders hear why not (GW-7, GW-8, GW-12)."""

from __future__ import annotations

import time

from bridges.frames.cargo import Cargo
from bridges.frames.frame import Default, Reach
from bridges.routing.transit import Transit
from overlay.errors import NotFound, NotPermitted, UnknownOrigin
from overlay.naming.subjects import Class
from overlay.registry.peers.relation import Relation, Standing
from tests.dict_registry import eventually
from tests.links import body_of, envelope
from tests.web import chain, web


async def test_a_message_goes_over_any_number_of_gateways_and_the_answer_comes_back() -> None:  # GW-7
    async with chain("abcd") as four:
        alice, dora = await four["a"].agent("alice"), await four["d"].agent("dora")
        await four["a"].send("alice", "dora@d.example", b"there")
        assert body_of(await dora.next_realtime()) == b"there"
        await four["d"].send("dora", "alice@a.example", b"and back")
        assert body_of(await alice.next_realtime()) == b"and back"


async def test_what_is_reliable_is_stored_at_its_ends_only_and_acknowledged_back_through_all() -> None:
    async with chain("abc") as three:
        carol = await three["c"].agent("carol")
        for number in range(300):
            await three["a"].send("alice", "carol@c.example", b"%d" % number, cls=Class.RELIABLE)
        assert [body_of(await carol.next_stored()) for _ in range(300)] == [b"%d" % n for n in range(300)]
        counters = three["a"].gateway.counters
        await eventually(lambda: counters["out-acknowledged"] == 300)
        assert three["b"].gateway.counters["in-stored"] == 0
        assert three["b"].gateway.counters["passing-stored"] >= 300


async def test_a_line_that_is_cut_under_way_loses_nothing_and_doubles_nothing() -> None:
    async with chain("abc", link_hold_s=2.0) as three:
        carol = await three["c"].agent("carol")
        wanted = {b"%d" % number for number in range(120)}
        for number in range(120):
            await three["a"].send("alice", "carol@c.example", b"%d" % number, cls=Class.RELIABLE)
            if number == 40:
                first = body_of(await carol.next_stored())
                three.cut("b", "c")
            if number == 80:
                await three.knows("a", "b")
                three.mend("c")
            if number == 100:
                await three.knows("a", "b", "c")
        got = [first, *[body_of(await carol.next_stored()) for _ in range(119)]]
        assert len(got) == len(set(got))
        assert set(got) == wanted
        assert three["a"].complaints.empty()
        assert carol.stored.empty()


async def test_a_message_for_nobody_is_reported_to_its_sender_back_through_all() -> None:
    async with chain("abcd") as four:
        await four["a"].send("alice", "nobody@d.example", b"", sender_slot="s1")
        header, error = await four["a"].complaints.get()
        assert (header.sender, header.sender_slot) == ("alice@a.example", "s1")
        assert isinstance(error, NotFound)
        await four["a"].send("alice", "nobody@d.example", cls=Class.RELIABLE)
        _, error = await four["a"].complaints.get()
        assert isinstance(error, NotFound)


async def test_who_comes_from_a_domain_that_the_receivers_does_not_know_is_told_so_at_once() -> None:  # GW-12
    async with chain("abc") as three:
        carol = await three["c"].agent("carol")
        three["c"].registry.strangers.add("a.example")
        for cls in (Class.REALTIME, Class.RELIABLE, Class.REALTIME):
            await three["a"].send("alice", "carol@c.example", b"", sender_slot="s1", cls=cls)
            _, error = await three["a"].complaints.get()
            assert isinstance(error, UnknownOrigin)
            assert "c.example does not know" in str(error)
            assert "peer introduces" in str(error)
        assert three["c"].registry.roots_asked == ["a.example"]
        await three["b"].send("bea", "carol@c.example", b"of a peer")
        assert body_of(await carol.next_realtime()) == b"of a peer"
        assert carol.stored.empty()


async def test_a_fourth_domain_that_knows_only_its_parent_reaches_all_others() -> None:  # GW-12
    async with web("pxyz") as family:
        family.link("x", "p", Relation.PARENT)
        family.link("y", "p", Relation.PARENT)
        family.link("z", "y", Relation.PARENT)
        await family.start()
        await family.knows("p", "x", "y", "z")
        await family.knows("z", "y")
        zoe = await family["z"].agent("zoe")
        for name in "pxy":
            inbox = await family[name].agent("ann")
            await family["z"].send("zoe", f"ann@{name}.example", b"hello", cls=Class.RELIABLE)
            assert body_of(await inbox.next_stored()) == b"hello"
            await family[name].send("ann", "zoe@z.example", name.encode())
            assert body_of(await zoe.next_realtime()) == name.encode()


async def test_nobody_is_carried_between_plain_peers() -> None:
    async with web("abc") as three:
        three.link("a", "b")
        three.link("b", "c")
        three.via("a", c="b")
        await three.start()
        await three.knows("a", "b")
        await three["a"].send("alice", "carol@c.example", cls=Class.RELIABLE)
        _, error = await three["a"].complaints.get()
        assert isinstance(error, NotPermitted)
        assert three["b"].gateway.counters["passing-not-permitted"] == 1


async def test_next_hops_that_operators_configured_lead_over_several_gateways() -> None:  # GW-8
    async with web("abcd") as four:
        four.link("b", "a", Relation.PARENT)  # children are carried, and told of nothing
        four.link("c", "b", Relation.PARENT)
        four.link("d", "c", Relation.PARENT)
        four.via("a", d="c", c="b")  # c is no peer of a: it is looked up again
        await four.start()
        dora = await four["d"].agent("dora")
        await four["a"].send("alice", "dora@d.example", b"by hand", cls=Class.RELIABLE)
        assert body_of(await dora.next_stored()) == b"by hand"


async def test_absurd_next_hops_end_with_an_error_for_the_sender() -> None:  # GW-8
    async with web("abc") as three:
        for here, there in ("ab", "bc", "ca"):
            three.link(here, there, transit=True)
        three.via("a", z="b")
        three.via("b", z="c")
        three.via("c", z="a")
        await three.start()
        await three["a"].send("alice", "zoe@z.example", cls=Class.RELIABLE)
        _, error = await three["a"].complaints.get()
        assert "loop" in str(error)


async def test_a_way_is_withdrawn_when_transit_is_and_links_stay() -> None:
    async with chain("abc") as three:
        before = list(three["b"].gateway.peers.links["c.example"].lines)
        three.stand("b", "c", Standing())
        await three.knows("a", "b")
        await three.knows("c", "b")
        assert three["b"].gateway.peers.links["c.example"].lines == before
        await three["a"].send("alice", "carol@c.example")
        _, error = await three["a"].complaints.get()
        assert error.reason == "unreachable"  # it was there a moment ago


async def test_what_a_peer_cannot_know_is_refused_and_counted() -> None:
    async with chain("ab") as two:
        routes, lies = two["a"].gateway.routes, two["b"].gateway.peers.links["a.example"].lines[0]
        paths = (
            ("b.example", "a.example"),
            ("b.example", "a.example", "x.example"),
            ("c.example", "x.example"),
            ("b.example", "x.example", "y.example", "x.example"),
            ("b.example", "no domain"),
            ("b.example", "honest.example"),
            (),
        )
        lies.post(Reach(paths, default=Default.ALL))
        await two.knows("a", "b", "honest")
        reasons = ("to-us", "through-us", "in-a-circle", "malformed")
        assert [routes.announced.counters[f"route-{reason}"] for reason in reasons] == [1, 1, 1, 1]
        assert routes.announced.counters["route-of-another"] == 2
        assert not routes.ways("zoe.example")


async def test_a_peer_brings_nobody_to_whom_it_does_not_lead() -> None:  # GW-17
    async with chain("abc") as three:
        carol = await three["c"].agent("carol")
        link = three["b"].gateway.peers.links["c.example"]
        until = time.time() + 60
        for sender, path in (
            ("eve@x.example", ("x.example", "b.example")),
            ("alice@a.example", ("b.example",)),
            ("alice@a.example", ("a.example", "x.example")),
            ("carol@c.example", ("c.example", "b.example")),
        ):
            header, forged = envelope(sender, "carol@c.example", b"forged")
            link.offer(Cargo(header, forged, Transit(8, path, until), None, header.priority))
        await three["b"].send("bob", "carol@c.example", b"honest")
        assert body_of(await carol.next_realtime()) == b"honest"
        assert three["c"].gateway.counters["arrival-foreign-sender"] == 4


async def test_a_realtime_message_in_a_chain_without_its_end_is_given_up_with_a_word_to_its_sender() -> None:
    async with chain("abc") as three:
        three.cut("b", "c")
        await three.knows("a", "b")
        await three["a"].send("alice", "carol@c.example", b"", sender_slot="s1")
        _, error = await three["a"].complaints.get()
        assert error.reason == "unreachable"
