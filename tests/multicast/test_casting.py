"""Channels over three domains: everybody in it gets what is published once, and nobody else."""

from __future__ import annotations

import time

from bridges.frames.cargo import Cargo
from bridges.multicast.gathering import RealtimeCopy
from bridges.routing.transit import Transit
from overlay.channels.protocol import Route
from overlay.channels.talk import Slow, decode_talk
from overlay.naming.subjects import Class
from overlay.quality.caps import Cap, CapsPolicy
from tests.dict_registry import eventually
from tests.links import body_of, envelope
from tests.multicast.chain import CHANNEL, chain, publish, reader


async def test_what_is_published_reaches_members_in_all_domains_once() -> None:  # GW-9
    async with chain() as net:
        inboxes = [await reader(side, "bob") for side in net.sides]
        net.members(*net.sides)
        await net.wanted(net.a, net.b)
        await net.wanted(net.b, net.a, net.c)
        await net.wanted(net.c, net.b)
        for side in net.sides:
            await publish(side, "alice", side.name.encode())
        for inbox in inboxes:
            got = [body_of(await inbox.next_realtime()) for _ in net.sides]
            assert sorted(got) == [b"a.example", b"b.example", b"c.example"]
            assert inbox.realtime.empty()


async def test_a_domain_between_without_members_passes_it_on_and_reads_nothing() -> None:  # GW-9
    async with chain() as net:
        theirs, between = await reader(net.c, "bob"), await reader(net.b, "spy")
        net.members(net.a, net.c)
        await net.wanted(net.a, net.b)
        header = await publish(net.a, "alice", b"news", cls=Class.RELIABLE)
        assert body_of(await theirs.next_stored()) == b"news"
        assert between.stored.empty()
        assert between.realtime.empty()
        assert header.cls is Class.RELIABLE


async def test_a_stored_publication_waits_for_a_domain_that_is_away_and_comes_once() -> None:  # GW-9, GW-24
    async with chain() as net:
        near, far = await reader(net.b, "bob"), await reader(net.c, "bob")
        net.members(*net.sides)
        await net.wanted(net.a, net.b)
        await net.wanted(net.b, net.a, net.c)
        await net.c.stop()
        await eventually(lambda: not net.b.gateway.peers.links["c.example"].online)
        for number in range(20):
            await publish(net.a, "alice", b"%d" % number, cls=Class.RELIABLE)
        await publish(net.c, "dora", b"20", cls=Class.RELIABLE)
        assert body_of(await near.next_stored()) == b"0"
        await net.c.start()
        for inbox, missing in ((near, 20), (far, 21)):
            got = {body_of(await inbox.next_stored()) for _ in range(missing)}
            assert len(got) == missing
            assert inbox.stored.empty()


async def test_who_is_no_member_any_more_gets_nothing() -> None:  # GW-9
    async with chain() as net:
        theirs, ours = await reader(net.c, "bob"), await reader(net.b, "bob")
        net.members(*net.sides)
        await net.wanted(net.b, net.a, net.c)
        net.members(net.a, net.b)
        await net.wanted(net.b, net.a)
        await publish(net.a, "alice", b"secret")
        assert body_of(await ours.next_realtime()) == b"secret"
        net.c.registry.register("bob")
        await net.a.send("alice", "bob@c.example", b"after it")  # by the same lines
        assert body_of(await theirs.next_realtime()) == b"after it"


async def test_what_a_gateway_publishes_for_others_does_not_go_back() -> None:  # GW-9
    async with chain() as net:
        ours = await reader(net.b, "bob")
        net.members(*net.sides)
        await net.wanted(net.a, net.b)
        home = await reader(net.a, "bob")
        await publish(net.a, "alice", b"one")
        assert body_of(await ours.next_realtime()) == b"one"
        assert body_of(await home.next_realtime()) == b"one"
        await publish(net.b, "carol", b"two")
        assert body_of(await home.next_realtime()) == b"two"
        assert home.realtime.empty()


async def test_a_peer_that_is_on_no_way_of_the_channel_is_refused() -> None:  # GW-9
    async with chain() as net:
        net.members(net.a, net.b)
        await net.wanted(net.a, net.b)
        ours = await reader(net.b, "bob")
        header, forged = envelope("mallory@c.example", str(CHANNEL), b"forged")
        transit = Transit(8, ("c.example",), time.time() + 60)
        cargo = Cargo(header, forged, transit, None, header.priority, cast=True)
        assert net.c.gateway.peers.links["b.example"].offer(cargo)
        await eventually(lambda: net.b.gateway.counters["cast-not-in-tree"] == 1)
        await publish(net.a, "alice", b"true")
        assert body_of(await ours.next_realtime()) == b"true"
        assert ours.realtime.empty()


async def test_who_asked_for_itself_brings_nothing_of_others_and_nothing_twice() -> None:  # GW-9
    async with chain() as net:
        ours = await reader(net.a, "bob")
        net.members(net.a, net.b, net.c)
        await net.wanted(net.a, net.b)
        await net.wanted(net.b, net.a, net.c)
        net.members(net.a, net.b)
        await net.wanted(net.b, net.a)
        await eventually(
            lambda: not net.a.gateway.multicast.forest.asked_for(str(CHANNEL), "b.example", "c.example")
        )
        link = net.b.gateway.peers.links["a.example"]
        for sender, path in (
            ("mallory@c.example", ("c.example", "b.example")),
            ("carol@b.example", ("b.example",)),
        ):
            header, payload = envelope(sender, str(CHANNEL), sender.encode())
            transit = Transit(8, path, header.deadline_ms / 1000)
            for _ in range(2):
                brought = RealtimeCopy(net.b.gateway.counters)
                assert link.offer(
                    Cargo(header, payload, transit, None, header.priority, brought=brought, cast=True)
                )
        assert body_of(await ours.next_realtime()) == b"carol@b.example"
        counters = net.a.gateway.counters
        await eventually(lambda: (counters["cast-not-in-tree"], counters["cast-twice"]) == (2, 1))
        assert ours.realtime.empty()


async def test_a_publisher_is_told_once_that_it_is_over_its_cap() -> None:  # GW-9, GW-15
    async with chain() as net:
        net.members(net.a, net.b)
        await net.wanted(net.a, net.b)
        policy = CapsPolicy(agents={"alice@a.example": Cap(messages_per_s=0.01, burst_s=60)})
        net.a.registry.caps_policy = policy
        await eventually(lambda: net.a.gateway.caps.policy == policy)
        for body in (b"one", b"two", b"three"):
            await publish(net.a, "alice", body)
        await eventually(lambda: net.a.gateway.counters["cast-over-cap"] == 2)
        await eventually(lambda: net.a.gateway.counters["cast-slow-told"] == 1)
        ((party, talk),) = net.a.said
        assert str(party) == "alice@a.example"
        assert isinstance(said := decode_talk(talk), Slow)
        assert said.channel == str(CHANNEL)


async def test_what_is_stored_waits_for_a_member_whose_domain_has_not_asked_yet() -> None:  # GW-9
    async with chain() as net:
        theirs = await reader(net.b, "bob")
        net.members(net.a)
        net.a.registry.channels[str(CHANNEL)] = Route(str(CHANNEL), True, ("a.example", "b.example"))
        net.a.registry.tell_channels()
        forest = net.a.gateway.multicast.forest
        await eventually(lambda: forest.misses(str(CHANNEL), new=lambda: True))
        await publish(net.a, "alice", b"early", cls=Class.RELIABLE)
        await eventually(lambda: net.a.gateway.counters["cast-stored-unknown"] > 0)
        net.members(net.a, net.b)
        assert body_of(await theirs.next_stored()) == b"early"
