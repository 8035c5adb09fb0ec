"""From an intent to agents: the semantic index, filled in the background, a slice at a time (REG-5)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

from overlay.clock import Clock
from overlay.discovery.contract import Hit, Part, Said, SaidSkill, Vector
from overlay.discovery.experience import Experience
from overlay.discovery.index import Among, SemanticIndex
from overlay.discovery.needs import needs
from overlay.discovery.reading import Reading
from overlay.discovery.remote_vectors import RemoteVectors
from overlay.discovery.table import TableEmbedder, table
from overlay.endpoint.background import beside
from overlay.naming.ids import PartyId
from overlay.registry.record import Record
from overlay.registry.registration.consent import visible_to_domain
from overlay.registry.settled import settle
from overlay.settings import Settings

Read = Callable[[str], Record | None]
"""The record of a party now."""
Place = Callable[[str, int], None]
"""Hears in which row of the index a party is; -1: in none."""
_MANY = 1000
_SHARE = 8


class Meaning:
    """What agents say of themselves, as far as all of their domain may read it, and how they served."""

    def __init__(self, read: Read, place: Place, settings: Settings, clock: Clock) -> None:
        """Raises BadSettings."""
        self._read = read
        self._place = place
        self._settings = settings
        self._clock = clock
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._said: dict[str, int] = {}
        self._settled = 0
        self._more = asyncio.Event()
        self._known: SemanticIndex | None = None
        self._remote: RemoteVectors | None = None
        self.experience = Experience(settings, TableEmbedder())

    def __len__(self) -> int:
        return len(self._said)

    @property
    def waiting(self) -> int:
        """How many agents it has still to read."""
        return len(self._waiting)

    def heard(self, party: str) -> None:
        """Its record came, changed or went: to be read soon. At most one entry of an agent waits."""
        self._waiting[party] = None
        self._more.set()

    async def vector(self, intent: str) -> Vector | None:
        """Of the embedding endpoint, if there is one and it answers in time."""
        return await self._remote.of_intent(intent) if self._remote and intent else None

    def parts(self, intent: str, among: Among, vector: Vector | None) -> Sequence[Part]:
        """The needs in an intent, and who fits each, the best first."""

        def search(text: str, only: Collection[str] | None) -> Sequence[Hit]:
            own = vector if text == intent else None
            wanted = among if only is None else only
            hits = self._index.search(text, self._settings.intent_hits, wanted, own)
            if not len(self.experience):
                return hits
            return [learnt.hit for learnt in self.experience.adjust(text, hits, self._clock())]

        return needs(intent, search)

    async def run(self) -> None:
        """Read what waits, until cancelled; others have their turn after each slice. Raises BadSettings."""
        if not self._settings.discovery_embedding_url:
            await self._keep_reading()
            return
        remote = self._remote = RemoteVectors(self._settings, self._index)
        try:
            async with beside(remote.run()):
                await self._keep_reading()
        finally:
            await remote.close()

    async def _keep_reading(self) -> None:
        while True:
            if not self._waiting:
                self._more.clear()
                await self._more.wait()
            self.catch_up(self._settings.semantic_slice_s)
            self._settle()
            await asyncio.sleep(0)

    def _settle(self) -> None:
        """What was read stays: a collector that looks through it again and again stops all for 400 ms. Only
        as the index grows, for what is frozen and thrown away in a circle is never collected.
        """
        if len(self._said) - self._settled >= max(_MANY, self._settled // _SHARE):
            settle()
            self._settled = len(self._said)

    def catch_up(self, seconds: float = float("inf")) -> None:
        """Read for so long, or until nothing waits."""
        end = time.perf_counter() + seconds
        while self._waiting and time.perf_counter() < end:
            party, _ = self._waiting.popitem(last=False)
            self._take(party)
            self._place(party, self._index.row(party))

    @property
    def _index(self) -> SemanticIndex:
        """Made when it is first needed: it reads dictionaries."""
        if self._known is None:
            self._known = SemanticIndex(Reading(tuple(table().numbers)))
        return self._known

    def _take(self, party: str) -> None:
        record = self._read(party)
        shown = None if record is None else visible_to_domain(record, PartyId.parse(party).domain)
        if shown is None:
            if self._said.pop(party, None) is not None:
                self._index.drop(party)
                if self._remote:
                    self._remote.forget(party)
            return
        said = said_by(shown)
        if self._said.get(party) != hash(said):
            self._said[party] = hash(said)
            self._index.put(party, said)
            if self._remote:
                self._remote.want(party, _text(said))


def said_by(record: Record) -> Said:
    """In its own words."""
    profile = record.profile
    skills = tuple(SaidSkill(skill.id, skill.name, skill.abstract) for skill in profile.skills)
    name = profile.display_name or PartyId.parse(record.party).name
    return Said(name, profile.description, skills, (*profile.services, *profile.topics))


def _text(said: Said) -> str:
    """For the embedding endpoint."""
    skills = (f"{skill.name or skill.id} {skill.abstract}".strip() for skill in said.skills)
    return "\n".join((said.name, said.description, *skills, *said.tags)).strip()
