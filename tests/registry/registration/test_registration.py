"""Who may register what; presence; deregistration; expulsion."""

from __future__ import annotations

import msgspec
import pytest

from overlay.errors import BadCertificate, NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.registry.protocol import Deregister, Expel, Heartbeat, Register
from overlay.registry.record import Presence, Profile, Skill
from overlay.trust.keycard import CARD_LIFETIME_S, open_card
from tests.registry.town import Town

ALICE = PartyId("alice", "a.example")


def presence(town: Town) -> Presence:
    return town.registry.resolve(ALICE).presence


async def test_a_registered_agent_is_resolved_with_its_profile_and_key_card(
    town: Town,
) -> None:  # REG-1, REG-2
    alice = town.credentials("alice", "net")
    profile = Profile("Alice", "finds faults", "2", (Skill("net.fault"),), ("a2a",), languages=("en", "zh"))
    await town.register(alice, profile)
    record = town.registry.resolve(ALICE)
    assert (record.profile, record.presence) == (profile, Presence.ONLINE)
    assert open_card(record.card, town.members._trust, town.clock()).sealing_public == alice.sealing[0].public


async def test_a_skill_that_is_not_in_the_certificate_is_refused(town: Town) -> None:  # REG-2
    alice = town.credentials("alice", "net.fault")
    with pytest.raises(Refused, match=r"'net' is not in the certificate .*it has: net\.fault"):
        await town.register(alice, Profile(skills=(Skill("net"),)))
    with pytest.raises(NotFound):
        town.registry.resolve(ALICE)


async def test_the_key_card_of_somebody_else_is_refused(town: Town) -> None:  # REG-2
    alice, bob = town.credentials("alice"), town.credentials("bob")
    with pytest.raises(BadCertificate, match=r"the key card is of bob@a\.example"):
        await town.registry.registrar.register(alice.identity, Register(Profile(), town.card(bob)))


async def test_the_key_card_of_an_older_certificate_is_refused(town: Town) -> None:  # CA-5
    old, new = town.credentials("alice"), town.credentials("alice")
    with pytest.raises(BadCertificate, match="make a card with the same certificate"):
        await town.registry.registrar.register(new.identity, Register(Profile(), town.card(old)))


async def test_registering_the_same_again_changes_nothing_and_an_update_keeps_the_resource_id(
    town: Town,
) -> None:
    alice = town.credentials("alice", "net")
    ask = Register(Profile(), town.card(alice))
    first, second = [(await town.registry.registrar.register(alice.identity, ask)).record for _ in range(2)]
    assert first is not None
    assert first == second
    third = await town.register(alice, Profile(version="2"))
    assert third.resource_id == first.resource_id  # REG-3
    assert third.version > first.version


async def test_only_the_right_resource_id_takes_an_entry_away(town: Town) -> None:  # REG-3
    alice = town.credentials("alice", "net")
    record = await town.register(alice)
    with pytest.raises(NotFound, match="has no entry 'guess'"):
        await town.registry.registrar.deregister(alice.identity, Deregister("guess"))
    await town.registry.registrar.deregister(alice.identity, Deregister(record.resource_id))
    assert town.found("net") == []
    assert (await town.register(alice)).resource_id != record.resource_id


async def test_a_silent_agent_goes_offline_and_comes_back_with_its_heartbeat(town: Town) -> None:  # GW-2
    alice = await town.settle("alice", "net")
    silence_s = town.settings.heartbeat_s * town.settings.heartbeat_misses
    town.clock.now += silence_s
    assert await town.registry.sweep() == 0
    town.clock.now += 1
    assert await town.registry.sweep() == 1
    assert (presence(town), town.found("net"), await town.registry.sweep()) == (Presence.OFFLINE, [], 0)
    assert (await town.members.heartbeat(alice.identity, Heartbeat())).known
    assert (presence(town), town.found("net")) == (Presence.ONLINE, ["alice@a.example"])


async def test_heartbeats_keep_an_agent_online_without_a_change_for_peers(town: Town) -> None:  # GW-2
    alice = await town.settle("alice")
    version = town.registry.following.version
    for _ in range(10):
        town.clock.now += town.settings.heartbeat_s
        await town.members.heartbeat(alice.identity, Heartbeat())
        assert await town.registry.sweep() == 0
    assert town.registry.following.version == version


async def test_an_agent_that_says_goodbye_is_offline_at_once(town: Town) -> None:
    alice = await town.settle("alice")
    await town.members.heartbeat(alice.identity, Heartbeat(Presence.OFFLINE))
    assert presence(town) is Presence.OFFLINE


async def test_the_heartbeat_of_an_unknown_agent_tells_it_to_register(town: Town) -> None:
    assert not (await town.members.heartbeat(town.credentials("alice").identity, Heartbeat())).known


async def test_a_heartbeat_under_a_renewed_certificate_asks_for_a_new_record(town: Town) -> None:  # CA-5
    await town.settle("alice")
    town.clock.now += 60
    renewed = town.credentials("alice")
    assert not (await town.members.heartbeat(renewed.identity, Heartbeat())).known
    await town.register(renewed)
    assert (await town.members.heartbeat(renewed.identity, Heartbeat())).known


async def test_a_key_card_is_asked_for_again_before_it_ends(town: Town) -> None:
    alice = await town.settle("alice")
    town.clock.now += CARD_LIFETIME_S / 2 - 1
    assert (await town.members.heartbeat(alice.identity, Heartbeat())).known
    town.clock.now += 2
    assert not (await town.members.heartbeat(alice.identity, Heartbeat())).known
    await town.register(alice)
    assert (await town.members.heartbeat(alice.identity, Heartbeat())).known


async def test_expelling_denies_the_certificate_and_removes_the_record(town: Town) -> None:  # CA-8
    alice, bob = await town.settle("alice", "net"), await town.settle("bob")
    await town.registry.expulsions.expel(town.ca(), Expel("alice", format(alice.identity.serial, "x")))
    assert town.found("net", online=False) == []
    with pytest.raises(BadCertificate, match="revoked"):
        await town.register(alice)
    denied = (await town.members.heartbeat(bob.identity, Heartbeat())).denied
    assert [(item.domain, int(item.serial, 16)) for item in denied] == [("a.example", alice.identity.serial)]
    later = Heartbeat(denied_since=denied[-1].number, denied_log=town.history.log)
    assert (await town.members.heartbeat(bob.identity, later)).denied == ()


async def test_expelling_an_older_certificate_leaves_the_record_of_the_newer_one(town: Town) -> None:  # CA-5
    old = await town.settle("alice", "net")
    await town.register(town.credentials("alice", "net"))
    await town.registry.expulsions.expel(town.ca(), Expel("alice", format(old.identity.serial, "x")))
    assert town.found("net") == ["alice@a.example"]


async def test_a_restart_keeps_records_versions_and_denials(town: Town) -> None:
    alice, bob = await town.settle("alice", "net"), await town.settle("bob", "net")
    await town.registry.expulsions.expel(town.ca(), Expel("bob", format(bob.identity.serial, "x")))
    before, changes = town.registry.resolve(ALICE), town.changes()
    await town.reopen()
    assert (town.registry.resolve(ALICE), town.changes()) == (before, changes)
    with pytest.raises(BadCertificate, match="revoked"):
        await town.register(bob)
    town.clock.now += 1
    assert await town.registry.sweep() == 0
    assert (await town.register(alice, Profile(version="2"))).version > changes.version


async def test_changes_are_audited(town: Town) -> None:  # CA-8
    alice = await town.settle("alice")
    record = town.registry.resolve(ALICE)
    await town.registry.registrar.deregister(alice.identity, Deregister(record.resource_id))
    assert [note.what for note in town.history.notes] == ["register", "deregister"]


async def test_a_record_survives_its_own_wire_format(town: Town) -> None:
    await town.settle("alice", "net")
    record = town.registry.resolve(ALICE)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) == record
