"""An agent's way to others by what it needs; how it went is told to the registry (REG-4, REG-5)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from overlay.agent.asking import ask_in_turn
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Failed, NotFound, OverlayError, Overloaded, TimedOut
from overlay.naming.ids import PartyId, is_skill
from overlay.registry.client import RegistryClient
from overlay.registry.record import Record
from overlay.registry.search.client import SearchClient
from overlay.registry.search.protocol import Find, Match, Matches, Report

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
        found = await self._search.find(Find(intent=intent))
        if len(found.needs) > 1:
            raise BadInput(f"this holds several needs: {'; '.join(found.needs)}. Ask for each by itself")
        for match in found.matches:
            answer = await self._try(match, intent, body, timeout_s)
            if answer is not None:
                return answer
        raise NotFound(f"nobody who is online, and lets {self._endpoint.me} in, fits {intent!r}")

    def report(self, intent: str, party: PartyId | str, *, succeeded: bool) -> None:
        """Tell the registry later; at once nothing is waited for."""
        try:
            self._reports.put_nowait(Report(intent, str(party), succeeded))
        except asyncio.QueueFull:
            self.counters["dropped"] += 1

    async def run(self) -> None:
        """Tell reports, until cancelled. One that is refused is counted, and not told again."""
        while True:
            told = await self._reports.get()
            try:
                await self._search.report(told.intent, told.party, succeeded=told.succeeded)
            except OverlayError as error:
                self.counters["refused"] += 1
                _log.debug("a report on %s is not taken: %s", told.party, error)
            else:
                self.counters["told"] += 1

    async def _try(self, match: Match, intent: str, body: bytes, timeout_s: float | None) -> Message | None:
        """None: it did not begin. Raises TimedOut, Failed: it did, and others are not asked the same."""
        party = PartyId.parse(match.party)
        try:
            answer = await ask_in_turn(
                self._endpoint, [(party, meant_skill(match.record, intent))], body, timeout_s=timeout_s
            )
        except (Failed, TimedOut):
            self.report(intent, party, succeeded=False)
            raise
        except OverlayError as error:
            self.counters[f"passed-by-{error.reason}"] += 1
            return None
        self.report(intent, party, succeeded=True)
        return answer


def asked_for(ask: Find | str) -> Find:
    """A skill where it is written as one, else a sentence."""
    if isinstance(ask, Find):
        return ask
    return Find(skills=(ask,)) if is_skill(ask) else Find(intent=ask)


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
