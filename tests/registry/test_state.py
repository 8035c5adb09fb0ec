"""What a registry's memory is made of: the order of changes, and what is left out of it."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.registry import timeline
from overlay.registry.protocol import Expel, Heartbeat
from overlay.registry.storage.contract import Write
from overlay.registry.storage.keys import AGENT, HEARD, key
from overlay.registry.storage.memory import History
from overlay.registry.timeline import Timeline
from tests.registry.town import Town

changes = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40)


@settings(deadline=None, max_examples=60)
@given(changes, st.integers(0, 45))
def test_the_order_of_changes_is_that_of_a_list_whatever_is_dropped(
    made: list[tuple[str, bool]], since: int
) -> None:
    slack, timeline._SLACK = timeline._SLACK, 2
    try:
        order, model = Timeline(), dict[str, int]()
        for revision, (name, there) in enumerate(made, 1):
            model.pop(name, None)
            if there:
                model[name] = revision
                order.put(name, revision)
            else:
                order.drop(name)
    finally:
        timeline._SLACK = slack
    assert list(order.after(since)) == [(at, name) for name, at in model.items() if at > since]
    assert order.last == max([at for at, (_, there) in enumerate(made, 1) if there], default=0)


async def test_what_cannot_be_read_is_counted_and_left_out(town: Town) -> None:
    alice = await town.settle("alice", "net")
    await town.store.commit([Write(key(AGENT, "broken"), b"no record")])
    assert town.registry.state.counters == {"unreadable-agent": 1}
    await town.reopen()
    assert (town.members.count().agents, town.registry.resolve(alice.party).party) == (1, "alice@a.example")


async def test_what_a_peer_that_is_gone_told_us_is_swept_from_the_store(town: Town, other: Town) -> None:
    await other.settle("alice", "net")
    await other.registry.expulsions.expel(other.ca(), Expel("bob", "b"))
    await town.sync(other)
    await town.neighbours.remove(town.boss, "b.example")
    await town.registry.sweep()
    left = [stored for stored, entry in town.history.entries.items() if entry.value is not None]
    assert not [stored for stored in left if stored.startswith((HEARD, "denied"))]
    await town.peer_with(other)
    await town.sync(other)
    assert (town.found("net"), town.neighbours.bundle("b.example").denied) == (["alice@b.example"], ("b",))


async def test_after_a_restore_peers_are_asked_for_everything_again(town: Town, other: Town) -> None:
    alice = await other.settle("alice", "net")
    await town.sync(other)
    backup = town.history
    town.history = History("restored")
    await town.history.store().commit([Write(name, entry.value) for name, entry in backup.entries.items()])
    await town.reopen()
    assert [(peer.log, peer.version) for peer in town.neighbours.peers()] == [("", 0)]
    await town.sync(other)
    assert town.registry.resolve(alice.party).party == "alice@b.example"


async def test_who_follows_the_deny_list_begins_anew_after_a_restore(town: Town) -> None:
    alice = await town.settle("alice")
    for serial in ("a", "b"):
        await town.registry.expulsions.expel(town.ca(), Expel("bob", serial))
    last = (await town.members.heartbeat(alice.identity, Heartbeat())).denied[-1].number
    town.history.log = "restored"
    await town.reopen()
    beat = Heartbeat(denied_since=last, denied_log="log of a.example")
    told = await town.members.heartbeat(alice.identity, beat)
    assert ([item.serial for item in told.denied], told.denied_log) == (["a", "b"], "restored")


async def test_a_page_too_long_for_one_act_is_learned_in_several(town: Town, other: Town) -> None:
    await other.settle("alice", "net")
    serials = tuple(format(number, "x") for number in range(1, 701))
    page = msgspec.structs.replace(other.changes(), denied=serials)
    learned = await town.learn(page)
    assert (learned.refused, town.found("net")) == ({}, ["alice@b.example"])
    assert len(town.neighbours.neighbour("b.example")[0].denied(-1)) == 700


async def test_a_record_of_a_peer_says_when_its_domain_was_heard(town: Town, other: Town) -> None:  # REG-6
    alice = await other.settle("alice", "net")
    await town.sync(other)
    heard = town.clock()
    town.clock.now += 100
    assert town.registry.resolve(alice.party).heard_at == heard
    second = await town.replica()
    assert second.resolve(alice.party).heard_at == heard
