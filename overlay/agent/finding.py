"""An agent's way to others by what it needs; how it went is told to the registry (REG-4, REG-5)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from overlay.anycast.anycasting import NOT_BEGUN
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import (
    BadInput,
    Failed,
    NotFound,
    NotPermitted,
    OverlayError,
    Overloaded,
    TimedOut,
)
from overlay.naming.ids import PartyId, is_skill
from overlay.registry.client import RegistryClient
from overlay.registry.record import Record
from overlay.registry.search.client import SearchClient
from overlay.registry.search.protocol import Find, Match, Matches, Report
from overlay.wire.shape import check_shape

_log = logging.getLogger(__name__)
_REPORTS = 64
"""So many reports wait to be told; more are dropped, and counted."""


class Finding:
    """Keep `run` running: it tells the reports."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient) -> None:
        self._endpoint = endpoint
        self._search = SearchClient(registry, endpoint.party.clock)
        self._reports: asyncio.Queue[Report] = asyncio.Queue(_REPORTS)
        self.counters: Counter[str] = Counter()
        """Reports by what became of them: `told`, `refused`, `dropped`."""

    async def discover(
        self, ask: Find | str, *, max_age_s: float | None = None, patience_s: float = 0.0
    ) -> Matches:
        """See `Agent.discover`."""
        asked = asked_for(ask)
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        while True:
            try:
                return await self._search.find(asked, max_age_s)
            except Overloaded as error:
                if not error.retry_after_s or loop.time() + error.retry_after_s > end:
                    raise
                await asyncio.sleep(error.retry_after_s)

    async def ask_best(self, intent: str, body: bytes, timeout_s: float | None) -> Message:
        """See `Agent.ask_best`."""
        found = await self._search.find(asked_in_words(intent))
        if len(found.needs) > 1:
            raise BadInput(f"this holds several needs: {'; '.join(found.needs)}. Ask for each by itself")
        passed: list[OverlayError] = []
        for match in self._about_as_good(found.matches):
            learn = not any(isinstance(error, NotPermitted) for error in passed)
            try:
                return await self._ask(match, intent, body, timeout_s, learn=learn)
            except NOT_BEGUN as error:
                self.counters[f"passed-by-{error.reason}"] += 1
                passed.append(error)
        if not passed:
            raise NotFound(f"nobody who is online, and whom {self._endpoint.me} may find, fits {intent!r}")
        raise next((error for error in passed if isinstance(error, NotPermitted)), passed[0])

    def report(self, intent: str, party: PartyId | str, *, succeeded: bool) -> None:
        """Tell the registry later; at once nothing is waited for. Raises BadInput, BadName."""
        chosen = party if isinstance(party, PartyId) else PartyId.parse(party)
        self._tell(asked_in_words(intent).intent, chosen, succeeded=succeeded)

    async def run(self) -> None:
        """Tell reports, until cancelled. One that is refused is counted, and not told again."""
        while True:
            told = await self._reports.get()
            try:
                await self._search.report(told.intent, told.party, succeeded=told.succeeded)
            except OverlayError as error:
                self.counters["refused"] += 1
                _log.warning("how %s did is not noted: %s", told.party, error)
            else:
                self.counters["told"] += 1

    def _about_as_good(self, matches: Sequence[Match]) -> list[Match]:
        """Whoever may answer instead of the best: others were not meant."""
        settings = self._endpoint.settings
        best = max((match.score for match in matches), default=0.0)
        least = max(settings.ask_best_floor, settings.ask_best_within * best)
        return [match for match in matches if match.score >= least]

    async def _ask(
        self, match: Match, intent: str, body: bytes, timeout_s: float | None, *, learn: bool
    ) -> Message:
        """Raises `NOT_BEGUN`: others may be asked the same. `learn`: that it did it says how well it fits;
        not so where a better one did not let us in, whom others may reach.
        """
        party = PartyId.parse(match.party)
        try:
            answer = await self._endpoint.ask(
                party, body, topic=meant_skill(match.record, intent), timeout_s=timeout_s
            )
        except (Failed, TimedOut):
            self._tell(intent, party, succeeded=False)
            raise
        if learn:
            self._tell(intent, party, succeeded=True)
        return answer

    def _tell(self, intent: str, party: PartyId, *, succeeded: bool) -> None:
        try:
            self._reports.put_nowait(Report(intent, str(party), succeeded))
        except asyncio.QueueFull:
            self.counters["dropped"] += 1


def asked_for(ask: Find | str) -> Find:
    """A skill where it is written as one, else a sentence. Raises BadInput."""
    if isinstance(ask, Find):
        return check_shape(ask, "the question", {"near": "Near(latitude, longitude, within_km)"})
    if isinstance(ask, str) and is_skill(ask):
        return Find(skills=(ask,))
    return asked_in_words(ask)


def asked_in_words(intent: str) -> Find:
    """Raises BadInput."""
    if not isinstance(intent, str) or not intent.strip():
        raise BadInput(
            f"{intent!r} says nothing: say in words what is needed, such as 'my wifi keeps dropping'"
        )
    return Find(intent=intent)


def meant_skill(record: Record, intent: str) -> str:
    """Which skill of an agent an intent is about: that which shares the most words with it."""
    wanted = _words(intent)

    def shared(said: Sequence[str]) -> int:
        return len(wanted & _words(" ".join(said)))

    skills = record.profile.skills
    if not skills:
        return ""
    return max(skills, key=lambda skill: shared((skill.id.replace(".", " "), skill.name, skill.abstract))).id


def _words(text: str) -> set[str]:
    return set(text.casefold().replace("-", " ").split())
