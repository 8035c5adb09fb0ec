"""What a peer knows is what is exported to it, whatever happened meanwhile, and no hidden name gets out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overlay.policy.export import ExportPolicy, Offer, encode_export
from overlay.registry.acts import Acts
from overlay.registry.peers.exports import PeerViews
from overlay.registry.peers.following import Following
from overlay.registry.peers.protocol import AskChanges, Changes
from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.registration.book import Book, written
from overlay.registry.registration.consent import DOMAIN, ENTRY
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import AGENT, EXPORT, key
from overlay.registry.storage.memory import History
from overlay.settings import Settings

PEER = "b.example"
NAMES = [f"agent{number}" for number in range(4)]
PARTIES = [f"{name}@a.example" for name in NAMES]
SKILLS = ("network", "network.fault", "billing")

offers = st.builds(
    Offer,
    agents=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    skills=st.lists(st.sampled_from(SKILLS), max_size=1).map(tuple),
    organisations=st.lists(st.sampled_from(["North", "South"]), max_size=1).map(tuple),
).filter(lambda offer: offer != Offer())
policies = st.builds(
    ExportPolicy,
    allow=st.lists(offers, max_size=2).map(tuple),
    deny=st.lists(offers, max_size=2).map(tuple),
    others=st.sampled_from(["allow", "deny"]),
)
profiles = st.builds(
    Profile,
    skills=st.lists(st.sampled_from(SKILLS), max_size=2, unique=True).map(
        lambda found: tuple(Skill(skill) for skill in found)
    ),
    consent=st.sampled_from([{}, {}, {ENTRY: (DOMAIN,)}, {"skills.billing": (DOMAIN,)}]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(NAMES), profiles, st.sampled_from(["North", "South"])),
        st.tuples(st.just("drop"), st.sampled_from(NAMES)),
        st.tuples(st.just("policy"), st.one_of(st.none(), policies)),
        st.tuples(st.just("ask"), st.integers(1, 3)),
        st.tuples(st.just("ask"), st.just(100)),
        st.tuples(st.just("restart"), st.sampled_from(["allow", "allow", "deny"])),
    ),
    min_size=3,
    max_size=20,
)


class Home:
    """The registry of a domain as the store feeds it; `restart` leaves what the store holds."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.revision = 0
        self.restart("allow")

    def restart(self, usual: Literal["allow", "deny"]) -> None:
        self.settings = Settings(registry_page=2, registry_export=usual)
        self.state = state = State()
        acts = Acts(History().store(), self.settings)
        self.views = PeerViews("a.example", acts, state, self.settings)
        self.book = Book("a.example", state.revision_of)
        state.on(AGENT, self.book.take)
        self.following = Following("a.example", acts, state, self.book, self.views, self.settings)
        state.feed(sorted(self.entries.values(), key=lambda entry: entry.revision))
        state.log = "log"

    def write(self, stored: str, value: bytes | None) -> None:
        self.revision += 1
        self.entries[stored] = Entry(stored, value, self.revision)
        self.state.feed([self.entries[stored]])

    def put(self, name: str, profile: Profile, organisation: str) -> None:
        record = Record(
            f"{name}@a.example", profile, b"", "a", Presence.ONLINE, "", 0, 0, 0, organisation=organisation
        )
        self.write(key(AGENT, name), written(record))

    def exported(self) -> dict[str, Record]:
        view = self.views._view(PEER)
        return {record.party: shown for record in self.book if (shown := view.show(record)) is not None}


class Far:
    """The registry of the peer: takes pages over as `overlay.registry.peers.learning` does."""

    def __init__(self) -> None:
        self.log, self.version = "", 0
        self.known: dict[str, Record] = {}
        self._kept: dict[str, Record] | None = None
        self._heard: set[str] = set()

    def ask(self, home: Home, pages: int, permitted: set[str]) -> bool:
        """Up to so many pages; whether there is no more. Names that were not told before are `permitted`."""
        for _ in range(pages):
            page = home.following.changes(AskChanges(self.log, self.version, peer=PEER))
            said = msgspec.msgpack.encode(page)
            if page.full:  # what was hidden when it began to tell, stays hidden
                permitted.clear()
                permitted.update(home.exported())
            named = {party for party in PARTIES if party.encode() in said}
            assert named <= self._heard | permitted
            self._heard |= named
            self._take(page)
            if not page.more:
                return True
        return False

    def _take(self, page: Changes) -> None:
        assert page.full or (page.log, page.since) == (self.log, self.version)
        if page.full:
            self._kept = {}
        told = {record.party: record for record in page.records}
        for table in (self.known, self._kept):
            if table is not None:
                table.update(told)
                for party in page.gone:
                    table.pop(party, None)
        if not page.more and self._kept is not None:
            self.known, self._kept = self._kept, None
        self.log, self.version = page.log, page.version


OPEN, SECRET, OTHER = (
    Profile(),
    Profile(consent={ENTRY: (DOMAIN,)}),
    Profile(version="2", consent={ENTRY: (DOMAIN,)}),
)
SHOW, HIDE, HIDE_MORE = (("put", NAMES[0], profile, "North") for profile in (OPEN, SECRET, OTHER))
ASK, RESTART, DROP = ("ask", 100), ("restart", "allow"), ("drop", NAMES[0])
NONE, USUAL = ("policy", ExportPolicy(others="deny")), ("policy", None)


@example([SHOW, ASK, DROP, RESTART])
@example([SHOW, ASK, HIDE, RESTART, HIDE_MORE])
@example([SHOW, HIDE, ASK, HIDE_MORE])
@example([SHOW, ASK, NONE, DROP, RESTART])
@example([SHOW, ASK, NONE, DROP, USUAL])
@example([SHOW, NONE, ASK, DROP])
@example([SHOW, ASK, HIDE, ASK, RESTART, HIDE_MORE])
@example([SHOW, ASK, ("restart", "deny")])
@settings(deadline=None, max_examples=60)
@given(steps)
def test_what_a_peer_knows_is_what_is_exported_to_it_and_hidden_names_stay_here(
    history: Sequence[tuple[object, ...]],
) -> None:
    home, far = Home(), Far()
    exported_since: set[str] = set()
    for step in history:
        match step:
            case ("put", str(name), Profile() as profile, str(organisation)):
                home.put(name, profile, organisation)
            case ("drop", str(name)):
                home.write(key(AGENT, name), None)
            case ("policy", policy):
                data = encode_export(policy) if isinstance(policy, ExportPolicy) else None
                home.write(key(EXPORT, PEER), data)
                exported_since.clear()
            case ("restart", "allow" | "deny" as usual):
                home.restart(usual)
            case ("ask", int(pages)):
                far.ask(home, pages, exported_since)
        exported_since |= set(home.exported())
    assert far.ask(home, 1000, exported_since)
    assert far.known == home.exported()
