"""Several processes of one registry: each hears a part of the heartbeats, all know the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from overlay.errors import Unavailable
from overlay.registry.protocol import Heartbeat
from overlay.registry.record import Presence
from overlay.registry.registry import Registry
from overlay.registry.storage.contract import Conflict
from overlay.trust.credentials import Credentials
from tests.registry.town import Town

SILENCE_S = 90.0
SWEEP_S = 5.0


@pytest.fixture
async def second(town: Town) -> AsyncIterator[Registry]:
    """Another process of the same registry."""
    made = await town.replica()
    yield made
    await made.store.close()


async def beat(registry: Registry, agent: Credentials) -> None:
    """A heartbeat that reaches this process, as its desk takes it."""
    registry.pulses.heard_agent(str(agent.party))
    assert (await registry.members.heartbeat(agent.identity, Heartbeat())).known


async def live(town: Town, both: Sequence[Registry], heard_by: Registry, agent: Credentials) -> list[int]:
    """Twice the time after which silence counts: whom the sweeps of each process found silent."""
    found = [0 for _ in both]
    for turn in range(int(2 * SILENCE_S / SWEEP_S)):
        town.clock.now += SWEEP_S
        if turn % 6 == 0:
            await beat(heard_by, agent)
        for number, registry in enumerate(both):
            found[number] += await registry.sweep()
    return found


async def test_an_agent_that_only_one_process_hears_is_online_at_all(town: Town, second: Registry) -> None:
    alice, silent = await town.settle("alice", "net"), await town.settle("silent", "net")
    both = (town.registry, second)
    assert sum(await live(town, both, second, alice)) == 1
    for registry in both:
        assert registry.resolve(alice.party).presence is Presence.ONLINE
        assert registry.resolve(silent.party).presence is Presence.OFFLINE


async def test_a_process_that_is_gone_takes_its_agents_offline_until_another_hears_them(
    town: Town, second: Registry
) -> None:
    alice = await town.settle("alice", "net")
    await live(town, (town.registry, second), second, alice)
    await second.store.close()
    found = 0
    for _ in range(int(2 * SILENCE_S / SWEEP_S)):
        town.clock.now += SWEEP_S
        found += await town.registry.sweep()
    assert found == 1
    await beat(town.registry, alice)
    assert town.found("net") == ["alice@a.example"]


async def test_a_process_that_could_not_hear_the_others_does_not_judge(town: Town, second: Registry) -> None:
    alice = await town.settle("alice", "net")
    await live(town, (town.registry, second), second, alice)
    town.clock.now += SILENCE_S / 2 + SWEEP_S
    await beat(second, alice)
    await second.sweep()
    town.clock.now += SILENCE_S / 2
    assert await town.registry.sweep() == 0


async def test_one_that_is_alone_says_hello_and_nothing_more(town: Town) -> None:
    alice = await town.settle("alice", "net")
    await town.registry.sweep()
    revision = town.history.revision
    await live(town, (town.registry,), town.registry, alice)
    assert town.history.revision == revision


async def test_what_a_dead_process_left_is_swept_away(town: Town) -> None:
    gone = await town.replica()
    await gone.sweep()
    await gone.store.close()
    await town.reopen()
    await town.registry.sweep()
    town.clock.now += SILENCE_S + SWEEP_S
    await town.registry.sweep()
    left = [stored for stored, entry in town.history.entries.items() if entry.value is not None]
    assert not [stored for stored in left if gone.pulses.me in stored]


async def test_who_waits_at_one_process_is_woken_by_what_another_wrote(town: Town, second: Registry) -> None:
    woken = asyncio.create_task(second.state.change())
    await asyncio.sleep(0)
    alice = await town.settle("alice", "net")
    await woken
    assert second.resolve(alice.party) == town.registry.resolve(alice.party)


async def test_who_knows_more_than_a_process_that_lags_is_told_nothing_new(
    town: Town, second: Registry
) -> None:
    lagging = town.store
    lagging.hold()
    ahead = await _registered_at(second, town)
    page = town.changes(town.history.log, ahead)
    assert (page.full, page.version, page.records) == (False, ahead, ())
    lagging.release()


async def test_a_decision_is_made_again_when_another_process_was_quicker(
    town: Town, second: Registry
) -> None:
    alice = await town.settle("alice", "net")
    parties = [str(alice.party)]
    await asyncio.gather(
        *(
            registry.members.set_presence(parties, Presence.OFFLINE, "test")
            for registry in (town.registry, second)
        )
    )
    assert [note.what for note in town.history.notes] == ["register", "offline"]


async def test_one_who_is_always_too_late_is_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def conflict(*_: object) -> int:
        raise Conflict("somebody else was quicker")

    alice = await town.settle("alice")
    monkeypatch.setattr(town.store, "commit", conflict)
    monkeypatch.setattr(town.registry.acts, "_pause_s", 0.0)
    with pytest.raises(Unavailable, match="quicker"):
        await town.members.heartbeat(alice.identity, Heartbeat(Presence.OFFLINE))


async def _registered_at(registry: Registry, town: Town) -> int:
    """Somebody registers there; up to where the log goes then."""
    own = town.registry
    town.registry = registry
    try:
        await town.settle("bob")
    finally:
        town.registry = own
    return registry.following.version
