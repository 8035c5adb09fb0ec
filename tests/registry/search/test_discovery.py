"""Finding by skill and topic, and what peers tell."""

from __future__ import annotations

import msgspec
import pytest

from overlay.errors import BadInput, BadName, NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.policy.caller import Caller
from overlay.registry.peers import changelog
from overlay.registry.peers.protocol import AskBundle, Peer, PeerState
from overlay.registry.protocol import Deregister, Expel, Heartbeat, Subscribers
from overlay.registry.record import Presence, Profile, Skill
from overlay.registry.search.protocol import Find
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle
from overlay.trust.identity import Role
from overlay.trust.issuing import new_root
from tests.ca.office import DAY
from tests.registry.town import Town


async def test_a_skill_is_found_by_itself_and_by_every_word_above_it(town: Town) -> None:  # REG-4
    await town.settle("alice", "net.fault.fibre")
    for wanted in ("net", "net.fault", "net.fault.fibre"):
        assert town.found(wanted) == ["alice@a.example"]
    for other in ("net.faul", "fault", "net.fault.fibre.x"):
        assert town.found(other) == []
    with pytest.raises(BadName):
        town.found("net.*")


async def test_the_best_come_first_and_the_limit_holds(town: Town, other: Town) -> None:  # REG-4, REG-7
    await other.settle("foreign", "net")
    for name, latency_ms, skill in (("slow", 90, "net"), ("quick", 5, "net"), ("below", 1, "net.fault")):
        await town.register(
            town.credentials(name, "net"), Profile(skills=(Skill(skill),), latency_ms=latency_ms)
        )
    away = await town.settle("away", "net")
    await town.members.heartbeat(away.identity, Heartbeat(Presence.OFFLINE))
    await town.sync(other)
    ranked = ["quick@a.example", "slow@a.example", "below@a.example", "foreign@b.example"]
    everybody = town.look(Find(("net",), presence="any")).matches
    assert [match.party for match in everybody] == [*ranked, "away@a.example"]
    assert town.found("net", limit=2) == ranked[:2]
    assert town.found("net", domain="b.example") == ["foreign@b.example"]
    assert town.registry.resolve(PartyId("foreign", "b.example")).gateway == "gw@b.example"


async def test_subscribers_of_a_topic_come_in_pages(town: Town) -> None:
    town.settings = Settings(registry_page=2)
    await town.reopen()
    for name in ("carol", "alice", "bob"):
        await town.register(town.credentials(name), Profile(topics=("news",)))
    finder, who = town.registry.library.finder, Caller(town.boss, "a.example", Role.OPERATOR)
    first = finder.subscribers(who, Subscribers("news"))
    second = finder.subscribers(who, Subscribers("news", first.records[-1].party))
    found = [record.party for record in (*first.records, *second.records)]
    assert found == ["alice@a.example", "bob@a.example", "carol@a.example"]
    assert (first.more, second.more) == (True, False)


async def test_queries_are_limited_per_party_and_minute(town: Town) -> None:  # REG-10
    town.settings = Settings(finds_per_minute=2)
    await town.reopen()
    for _ in range(2):
        town.found("net")
    with pytest.raises(Overloaded, match="finds_per_minute"):
        town.found("net")
    town.look(Find(("net",)), PartyId("alice", "a.example"))
    town.clock.now += 60
    town.found("net")


async def test_a_peer_is_followed_change_by_change(town: Town, other: Town) -> None:  # REG-8, GW-4
    alice, bob = await other.settle("alice", "net"), await other.settle("bob", "net")
    await town.sync(other)
    assert town.found("net") == ["alice@b.example", "bob@b.example"]
    record = other.registry.resolve(bob.party)
    await other.registry.registrar.deregister(bob.identity, Deregister(record.resource_id))
    await other.members.heartbeat(alice.identity, Heartbeat(Presence.OFFLINE))
    learned = await town.sync(other)
    assert (town.found("net"), town.found("net", online=False)) == ([], ["alice@b.example"])
    assert (learned.version, learned.refused) == (other.registry.following.version, {})


async def test_a_long_log_comes_in_pages_and_a_full_answer_replaces_only_when_complete(
    town: Town, other: Town
) -> None:  # REG-8
    await other.settle("old", "net")
    await town.sync(other)
    other.settings = Settings(registry_page=2)
    await other.store.close()
    other.history = History("restored")
    await other.open()
    for name in ("a1", "a2", "a3"):
        await other.settle(name, "net")
    first = other.changes("another log", 7)
    assert (first.full, first.more, len(first.records)) == (True, True, 2)
    await town.learn(first)
    assert town.found("net") == ["a1@b.example", "a2@b.example", "old@b.example"]
    await town.sync(other)
    assert town.found("net") == ["a1@b.example", "a2@b.example", "a3@b.example"]
    await town.reopen()
    await town.neighbours.set_state(town.gateway, PeerState("b.example", online=True))
    assert town.found("net") == ["a1@b.example", "a2@b.example", "a3@b.example"]


async def test_many_revocations_reach_a_peer_in_pages_too(
    town: Town, other: Town, monkeypatch: pytest.MonkeyPatch
) -> None:  # CA-6
    monkeypatch.setattr(changelog, "SERIALS_AT_ONCE", 2)
    await other.settle("alice", "net")
    serials = [format(number, "x") for number in range(0xA, 0xF)]
    for serial in serials:
        await other.registry.expulsions.expel(other.ca(), Expel("bob", serial))
    await other.settle("carol", "net")
    assert len(other.changes().denied) == 2
    await town.sync(other)
    assert town.found("net") == ["alice@b.example", "carol@b.example"]
    assert sorted(town.neighbours.bundle("b.example").denied) == serials


async def test_a_peer_that_revokes_without_end_is_not_followed(other: Town) -> None:
    town = await Town.opened("c.example", other.clock, Settings(registry_foreign_denied=2))
    await town.neighbours.add(town.boss, Peer(other.domain, other.bundle.to_bytes(), "gw", ()))
    for serial in ("a", "b", "c"):
        await other.registry.expulsions.expel(other.ca(), Expel("bob", serial))
    with pytest.raises(Overloaded, match="registry_foreign_denied"):
        await town.sync(other)
    assert town.neighbours.bundle("b.example").denied == ()


async def test_a_page_that_does_not_follow_is_refused(town: Town, other: Town) -> None:
    await other.settle("alice", "net")
    await town.sync(other)
    gap = msgspec.structs.replace(other.changes(), full=False, since=other.registry.following.version + 1)
    with pytest.raises(BadInput, match=r"b\.example is known up to change 1"):
        await town.learn(gap)


async def test_records_that_are_not_the_peers_own_or_not_proved_are_refused_one_by_one(
    town: Town, other: Town
) -> None:  # GW-17
    await town.settle("mallory", "net")
    await other.settle("alice", "net")
    good = other.registry.resolve(PartyId("alice", "b.example"))
    ours = town.registry.resolve(PartyId("mallory", "a.example"))
    liar = await Town.opened("c.example", town.clock)
    third = await liar.register(liar.credentials("eve", "net"))
    forger = await Town.opened("b.example", town.clock)
    forged = await forger.register(forger.credentials("bob", "net"))
    change = msgspec.structs.replace
    renamed = change(good, party="carol@b.example")
    boasting = change(good, profile=Profile(skills=(Skill("root"),)))
    lies = [
        (ours, "speaks for its own agents only"),
        (third, "speaks for its own agents only"),
        (forged, "bad-certificate"),
        (renamed, "key card in the record of carol"),
        (boasting, "'root' is not in the certificate"),
    ]
    learned = await town.learn(change(other.changes(), records=tuple(record for record, _ in lies)))
    for record, reason in lies:
        assert reason in learned.refused.pop(record.party)
    assert not learned.refused
    assert town.found("net") == ["mallory@a.example"]


async def test_a_peer_that_is_not_ours_teaches_nothing(town: Town) -> None:
    stranger = await Town.opened("c.example", town.clock)
    with pytest.raises(NotFound, match=r"c\.example is no peer"):
        await town.learn(stranger.changes(), "c.example")


async def test_the_agents_of_a_peer_that_is_away_are_inapplicable_until_it_returns(
    town: Town, other: Town
) -> None:
    await other.settle("alice", "net")  # GW-5
    await town.sync(other)
    await town.neighbours.set_state(town.gateway, PeerState("b.example", online=False))
    assert town.found("net") == []
    assert town.registry.resolve(PartyId("alice", "b.example")).presence is Presence.INAPPLICABLE
    await town.neighbours.set_state(town.gateway, PeerState("b.example", online=True))
    assert town.found("net") == ["alice@b.example"]


async def test_a_removed_peer_takes_its_agents_and_roots_with_it(town: Town, other: Town) -> None:  # GW-6
    alice = await other.settle("alice", "net")
    await town.sync(other)
    await town.neighbours.remove(town.boss, "b.example")
    for _ in range(2):
        assert (town.found("net", online=False), town.neighbours.peers()) == ([], [])
        with pytest.raises(NotFound, match=r"b\.example is no peer"):
            town.registry.resolve(alice.party)
        await town.reopen()


async def test_other_roots_for_a_peer_make_all_be_learned_anew(town: Town, other: Town) -> None:
    await other.settle("alice", "net")
    await town.sync(other)
    await town.neighbours.add(
        town.boss, Peer("b.example", other.bundle.to_bytes(), addresses=("tls://b:4222",))
    )
    assert town.neighbours.peers()[0].agents == 1
    with pytest.raises(BadInput, match=r"the trust bundle is of a\.example"):
        await town.neighbours.add(town.boss, Peer("b.example", town.bundle.to_bytes()))
    with pytest.raises(Refused, match="is this domain itself"):
        await town.neighbours.add(town.boss, Peer("a.example", town.bundle.to_bytes()))
    second, _ = new_root("b.example", 3650 * DAY, town.clock())
    both = TrustBundle("b.example", (other.issuer.root, second))
    peer = await town.neighbours.add(town.boss, Peer("b.example", both.to_bytes()))
    assert (peer.agents, peer.log, peer.version) == (0, "", 0)


async def test_revocations_of_a_peer_reach_our_verifiers(town: Town, other: Town) -> None:  # CA-6
    alice = await other.settle("alice", "net")
    await town.sync(other)
    serial = format(alice.identity.serial, "x")
    record = other.registry.resolve(alice.party)
    await other.registry.expulsions.expel(other.ca(), Expel("alice", serial))
    await town.sync(other)
    assert town.found("net", online=False) == []
    assert town.registry.bundle(AskBundle("b.example")).denied == (serial,)
    again = msgspec.structs.replace(other.changes(), records=(record,), gone=())
    assert "revoked" in (await town.learn(again)).refused["alice@b.example"]
