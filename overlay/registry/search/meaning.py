"""From an intent to agents: the semantic index, filled in the background, a slice at a time (REG-5)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from overlay.discovery.contract import Part, Said, SaidSkill
from overlay.discovery.index import Among, SemanticIndex
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.registry.record import Record
from overlay.registry.registration.consent import visible_to_domain

_log = logging.getLogger("overlay.registry")


class Meaning:
    """What agents say of themselves, as far as all of their domain may read it."""

    def __init__(self, index: SemanticIndex, read: Callable[[str], Record | None], slice_s: float) -> None:
        """`read`: the record of a party now. `slice_s`: how long one turn of `run` may take."""
        self._index = index
        self._read = read
        self._slice_s = slice_s
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._said: dict[str, int] = {}
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def waiting(self) -> int:
        """How many agents it has still to read."""
        return len(self._waiting)

    def heard(self, party: str) -> None:
        """Its record came, changed or went: to be read soon. At most one entry an agent waits."""
        self._waiting[party] = None
        self._more.set()

    def parts(self, intent: str, limit: int, among: Among) -> Sequence[Part]:
        """The needs in an intent, and who fits each, the best first."""
        return (Part(intent, tuple(self._index.search(intent, limit, among))),)

    async def run(self) -> None:
        """Read what waits, until cancelled; others have their turn after each slice."""
        while True:
            if not self._waiting:
                self._more.clear()
                await self._more.wait()
            self.catch_up(self._slice_s)
            await asyncio.sleep(0)

    def catch_up(self, seconds: float = float("inf")) -> None:
        """Read for so long, or until nothing waits."""
        end = time.perf_counter() + seconds
        while self._waiting and time.perf_counter() < end:
            party, _ = self._waiting.popitem(last=False)
            self._take(party)

    def _take(self, party: str) -> None:
        record = self._read(party)
        shown = None if record is None else visible_to_domain(record, PartyId.parse(party).domain)
        if shown is None:
            self._said.pop(party, None)
            self._index.drop(party)
            return
        said = said_by(shown)
        known = hash(said)
        if self._said.get(party) != known:
            self._said[party] = known
            try:
                self._index.put(party, said)
            except OverlayError as error:
                _log.warning("what %s says of itself is not found by its meaning: %s", party, error)


def said_by(record: Record) -> Said:
    """In its own words."""
    profile = record.profile
    skills = tuple(SaidSkill(skill.id, skill.name, skill.abstract) for skill in profile.skills)
    name = profile.display_name or PartyId.parse(record.party).name
    return Said(name, profile.description, skills, (*profile.services, *profile.topics))
