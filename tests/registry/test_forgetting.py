"""Deletions are forgotten after a while; who may have missed one begins anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.registry.peers.protocol import AskChanges
from overlay.settings import Settings
from tests.ca.office import DAY
from tests.registry.town import Town

_PEER = "b.example"
_NAMES = "ab"
_SETTINGS = Settings(registry_forget_days=2, registry_page=1)
_MOST_PAGES = 3 * len(_NAMES)
_step = st.one_of(
    st.tuples(st.just("register"), st.sampled_from(_NAMES)),
    st.tuples(st.just("leave"), st.sampled_from(_NAMES)),
    st.tuples(st.just("days"), st.sampled_from("13")),
    st.tuples(st.just("page"), st.just("")),
    st.tuples(st.just("restart"), st.just("")),
)


class Follower:
    """Knows our agents by our changes, as a gateway (`peer` empty) or a peer does."""

    def __init__(self, peer: str) -> None:
        self._ask = AskChanges(peer=peer)
        self.known: set[str] = set()

    def page(self, town: Town) -> bool:
        """One page of changes. Whether there is more."""
        told = town.registry.following.changes(self._ask)
        self.known = (set() if told.full else self.known) - set(told.gone)
        self.known |= {record.party for record in told.records}
        self._ask = AskChanges(told.log, told.version, peer=self._ask.peer)
        return told.more

    def catch_up(self, town: Town) -> None:
        """All of them, which are not many."""
        assert any(not self.page(town) for _ in range(_MOST_PAGES))


@settings(deadline=None, max_examples=60)
@given(steps=st.lists(_step, min_size=6, max_size=16))
async def test_whoever_follows_misses_no_deletion_that_is_forgotten(steps: list[tuple[str, str]]) -> None:
    town = Town(settings=_SETTINGS)
    await town.open()
    agents = {name: town.credentials(name) for name in _NAMES}
    followers = [Follower(peer) for peer in ("", _PEER)]
    there: set[str] = set()
    for what, about in steps:
        party = f"{about}@{town.domain}"
        if what == "register":
            await town.register(agents[about])
            there.add(party)
        elif what == "leave" and party in there:
            await town.registry.registrar.remove(town.boss, agents[about].party, "")
            there.remove(party)
        elif what == "days":
            for _ in range(int(about)):
                town.clock.now += DAY
                await town.registry.sweep()
        elif what == "page":
            for follower in followers:
                follower.page(town)
        elif what == "restart":
            await town.reopen()

    for follower in followers:
        follower.catch_up(town)
        assert follower.known == there


async def test_old_deletions_are_gone_from_the_store_and_new_ones_are_not() -> None:
    town = Town(settings=_SETTINGS)
    await town.open()
    for name in ("old", "new"):
        owner = await town.settle(name)
        await town.registry.registrar.remove(town.boss, owner.party, "")
        await town.registry.sweep()
        town.clock.now += 1.5 * DAY
    await town.registry.sweep()

    assert {stored for stored in town.history.entries if stored in ("agent.old", "agent.new")} == {
        "agent.new"
    }
    again = await town.register(town.credentials("old"))
    assert town.registry.resolve(town.credentials("old").party).resource_id == again.resource_id
