"""A finder with records of its own, and a clock that tests turn."""

from __future__ import annotations

from msgspec.structs import replace

from overlay.naming.ids import PartyId
from overlay.policy.caller import Caller
from overlay.registry.acts import Acts
from overlay.registry.record import Record
from overlay.registry.search.library import Library
from overlay.registry.search.protocol import Find, Match, Matches
from overlay.registry.state import State
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Role
from tests.registry.search.crowd import NOW


class Gallery:
    """Domain a.example; b.example is a peer, known up to its change 7."""

    def __init__(self, *records: Record, settings: Settings | None = None) -> None:
        self.now = NOW
        self.known: dict[str, Record] = {}
        limits, state = settings or Settings(), State()
        self._store, self._state = History("log").store(1000), state
        acts = Acts(self._store, limits)
        self.library = Library(acts, state, limits, lambda: self.now, self._read, lambda _: 7)
        self.finder = self.library.finder
        self.put(*records)

    async def open(self) -> None:
        """For what is written down."""
        await self._store.open(self._state.feed)

    def put(self, *records: Record) -> None:
        for record in records:
            self.known[record.party] = record
            self.library.put(record)

    def drop(self, party: str) -> None:
        del self.known[party]
        self.library.drop(party)

    def find(self, ask: Find, who: Caller | None = None) -> Matches:
        if ask.intent:
            self.library.meaning.catch_up()
        return self.finder.find(who or asker(), ask)

    def _read(self, party: str) -> Record | None:
        return self.known.get(party)

    def found(self, ask: Find, who: Caller | None = None) -> list[str]:
        return [match.party for match in self.find(ask, who).matches]

    def all(self, ask: Find, who: Caller | None = None) -> list[Match]:
        """Page by page."""
        pages = [self.find(ask, who)]
        while pages[-1].more:
            pages.append(self.find(replace(ask, after=pages[-1].after), who))
        return [match for page in pages for match in page.matches]


def asker(name: str = "alice", *, role: Role = Role.AGENT, **attributes: object) -> Caller:
    """An agent of a.example."""
    return Caller(PartyId(name, "a.example"), "a.example", role, Attributes(**attributes))  # type: ignore[arg-type]
