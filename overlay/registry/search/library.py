"""All that can be found, kept as the registry's state changes: index, meaning and policy."""

from __future__ import annotations

from collections.abc import Callable

from overlay.clock import Clock
from overlay.naming.ids import SESSIONS, PartyId
from overlay.registry.acts import Acts
from overlay.registry.record import Record
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.discovery_policy import decode_policy
from overlay.registry.search.experiences import Experiences
from overlay.registry.search.finder import Finder
from overlay.registry.search.meaning import Meaning
from overlay.registry.search.terms import RESOURCE
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import SIGHT
from overlay.settings import Settings

_RECENT = 4096
"""Records that were shown lately are kept decoded."""


class Library:
    """Hears of every record of ours and of peers, and lets them be found."""

    def __init__(
        self,
        acts: Acts,
        state: State,
        settings: Settings,
        clock: Clock,
        read: Callable[[str], Record | None],
        known_up_to: Callable[[str], int],
    ) -> None:
        """`read`: the record of a party as it is now. `known_up_to`: see `Finder`. Raises BadSettings."""
        self._read = read
        self._recent: dict[str, Record] = {}
        self.catalogue = Catalogue(self._read_again)
        self.meaning = Meaning(read, self.catalogue.place, settings, clock)
        self.finder = finder = Finder(self.catalogue, self.meaning, settings, clock, known_up_to)
        self.experiences = Experiences(acts, state, self.meaning.experience, finder, clock)
        state.on(SIGHT, self._take_policy)

    def told(self, party: str, record: Record | None) -> None:
        """Of an agent of ours; None: it is gone."""
        if record is None:
            self.drop(party)
        else:
            self.put(record)

    def put(self, record: Record) -> None:
        """It is so now. The domains' own agents serve who knows them, and are not found."""
        if PartyId.parse(record.party).name == SESSIONS:
            return
        self._recent.pop(record.party, None)
        if self.catalogue.put(record):
            self.meaning.heard(record.party)

    def drop(self, party: str) -> None:
        """It is gone."""
        self._recent.pop(party, None)
        self.catalogue.drop(party)
        self.meaning.heard(party)

    def is_ours(self, resource_id: str) -> bool:
        """Whether an entry of our own domain has it."""
        found = self.catalogue.postings(((RESOURCE, resource_id),))
        slots = (slot for posting in found for slot in posting.slots().tolist())
        records = (self.catalogue.record(slot) for slot in slots)
        return any(record is not None and not record.gateway for record in records)

    def silence(self, domain: str, *, silent: bool) -> None:
        """Whether the agents of a peer are inapplicable now (GW-5)."""
        self.catalogue.silence(domain, silent=silent)

    def _read_again(self, party: str) -> Record | None:
        """Ours are decoded once, until they change; of a peer's, others decide what they are now."""
        known = self._recent.get(party)
        if known is not None:
            return known
        record = self._read(party)
        if record is not None and not record.gateway:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent[party] = record
        return record

    def _take_policy(self, entry: Entry) -> None:
        self.finder.policy = decode_policy(entry.value or b"")
