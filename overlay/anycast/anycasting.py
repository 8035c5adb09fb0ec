"""An agent's way to whoever has a skill: chosen by distance, load and observed service (GW-10)."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from overlay.anycast.choice import Candidate, Choice, choose
from overlay.anycast.observed import Observed
from overlay.anycast.tasks import Tasks
from overlay.errors import Failed, NotFound, NotPermitted, OverlayError, Overloaded, TimedOut, Unreachable
from overlay.naming.ids import PartyId, check_skill, skill_covers
from overlay.registry.record import Record
from overlay.registry.search.protocol import Match
from overlay.settings import Settings

NOT_BEGUN = (Unreachable, Overloaded, NotFound, NotPermitted)
"""Nothing was done there: the next one may be asked the same. A time-out may have been done."""
Find = Callable[[str, int], Awaitable[tuple[Match, ...]]]
"""Who has a skill, at most so many."""
T = TypeVar("T")
_chance = random.SystemRandom()


class Anycasting:
    """Of one process. What it saw of others it keeps to itself."""

    def __init__(self, me: PartyId, find: Find, settings: Settings) -> None:
        self._me = me
        self._find = find
        self._settings = settings
        self._observed = Observed(settings.anycast_observed, settings.anycast_avoid_s)
        self._tasks = Tasks(settings.anycast_tasks)
        self._known: OrderedDict[str, tuple[float, list[Candidate]]] = OrderedDict()

    async def choose(self, skill: str, task: str = "") -> Choice:
        """Who would be asked, in this order, and why. Raises BadName; NotFound: nobody has the skill; and
        what asking the registry raises.
        """
        candidates = await self._candidates(check_skill(skill))
        return choose(
            skill,
            candidates,
            self._observed,
            time.monotonic(),
            self._settings.anycast_hop_ms,
            _chance,
            task=task,
            has_task=self._tasks.holder(skill, task),
        )

    async def first(self, choice: Choice, use: Callable[[PartyId, str], Awaitable[T]]) -> T:
        """What `use` (an agent and its skill) gives with the first that takes it. Raises what the last one
        said; TimedOut and Failed at once: it may have been done.
        """
        passed: OverlayError | None = None
        for candidate in choice.candidates:
            try:
                async with self._watched(candidate.party):
                    result = await use(candidate.party, candidate.skill)
            except NOT_BEGUN as error:
                passed = error
                self._tasks.failed(choice.skill, choice.task, candidate.party)
            except (TimedOut, Failed):
                self._tasks.failed(choice.skill, choice.task, candidate.party)
                raise
            else:
                self._tasks.took(choice.skill, choice.task, candidate.party)
                return result
        raise passed or nobody(choice.skill, self._me)

    @asynccontextmanager
    async def _watched(self, party: PartyId) -> AsyncIterator[None]:
        began = time.monotonic()
        self._observed.begin(party)
        try:
            yield
        except (*NOT_BEGUN, TimedOut, Failed) as error:
            self._observed.failed(party, time.monotonic(), _pause_s(error))
            raise
        else:
            self._observed.answered(party, time.monotonic() - began)
        finally:
            self._observed.end(party)

    async def _candidates(self, skill: str) -> list[Candidate]:
        now = asyncio.get_running_loop().time()
        kept = self._known.get(skill)
        if kept is not None and kept[0] > now:
            return kept[1]
        matches = await self._find(skill, self._settings.anycast_candidates)
        if not matches:
            raise nobody(skill, self._me)
        found = [_candidate(match.record, skill) for match in matches]
        self._known.pop(skill, None)
        self._known[skill] = (now + self._settings.anycast_fresh_s, found)
        if len(self._known) > self._settings.anycast_tasks:
            self._known.popitem(last=False)
        return found


def _pause_s(error: OverlayError) -> float:
    return error.retry_after_s if isinstance(error, Overloaded) else 0.0


def nobody(skill: PartyId | str, me: PartyId) -> NotFound:
    """What is said where there are no candidates."""
    text = f"nobody who is online offers '{skill}': `overlay discover {skill} --presence any` shows who does"
    if "." not in str(skill):
        text += f"; an agent is named with its domain, such as {skill}@{me.domain}"
    return NotFound(text)


def _candidate(record: Record, wanted: str) -> Candidate:
    """With the skill that is meant: an agent serves its own, none above them."""
    offered = [skill.id for skill in record.profile.skills if skill_covers(wanted, skill.id)]
    skill = wanted if wanted in offered or not offered else offered[0]
    return Candidate(PartyId.parse(record.party), skill, record, 1 if record.gateway else 0)
