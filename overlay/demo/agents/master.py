"""Master control: leads a case through diagnosis, repair, test and watch."""

from __future__ import annotations

import asyncio

from overlay.demo import skills
from overlay.demo.causes import CAUSES
from overlay.demo.desk import Desk, at_once
from overlay.demo.intent import FAULTS, Kind
from overlay.demo.letters import (
    CaseReport,
    Collect,
    Complaint,
    Done,
    Evidence,
    Fault,
    FollowUp,
    Intent,
    Probe,
    Quality,
    Repair,
    Tested,
    Unclear,
    Values,
    Verdict,
    Visited,
    Watch,
    WorkOrder,
)
from overlay.demo.readings import by_source
from overlay.errors import OverlayError, TimedOut

_URGENCY = {Kind.NO_SERVICE: 1.0, Kind.UNSTABLE: 0.6, Kind.SLOW: 0.4, Kind.WIFI: 0.3}
_VISITS = 2
_WATCH_DAYS = 7


class Master:
    """Answers a complaint with how the case ended; also when an agent failed."""

    def __init__(self, desk: Desk, rounds: int, watch_s: float) -> None:
        self._desk = desk
        self._rounds = rounds
        self._watch_s = watch_s
        self._watched: dict[str, asyncio.Future[Quality]] = {}
        desk.serves(skills.CASE, Complaint, self.lead)
        desk.subscribes(skills.QUALITY, Quality, self.heard)

    async def lead(self, ticket: str, complaint: Complaint) -> CaseReport:
        """The whole case."""
        kind = Kind.UNCLEAR
        try:
            kind = await self._class_of(ticket, complaint)
            if kind not in FAULTS:
                return await self._hand_over(ticket, kind)
            verdict, rounds = await self._diagnose(ticket, kind)
            advice = ", else ".join(verdict.advice)
            self._desk.says(ticket, f"{verdict.cause}, concerns {verdict.scope}; advice: {advice}")
            outcome, visits = await self._mend(ticket, kind, verdict)
            follow_up = await self._follow_up(ticket, visits, verdict)
        except OverlayError as error:
            self._desk.says(ticket, f"stopped: {error}")
            return CaseReport(kind, outcome=f"stopped: {error}", stopped=True)
        return CaseReport(kind, verdict.cause, verdict.probability, rounds, visits, outcome, follow_up)

    async def heard(self, ticket: str, quality: Quality) -> None:
        """What was published of a line that we had watched."""
        watched = self._watched.get(ticket)
        if watched is not None and not watched.done():
            watched.set_result(quality)

    async def _class_of(self, ticket: str, complaint: Complaint) -> Kind:
        intent = await self._desk.ask(skills.INTENT, ticket, complaint, Intent)
        if intent.kind is Kind.UNCLEAR:
            intent = await self._desk.ask(skills.CLARIFY, ticket, Unclear(complaint.text), Intent)
        return intent.kind

    async def _hand_over(self, ticket: str, kind: Kind) -> CaseReport:
        self._desk.says(ticket, f"no fault: handed over to customer care ({kind})")
        what = "customer care calls back"
        await self._desk.tell(skills.FOLLOW_UP, ticket, FollowUp(what, f"about {kind}"))
        return CaseReport(kind, outcome="handed over to customer care", follow_up=what)

    async def _diagnose(self, ticket: str, kind: Kind) -> tuple[Verdict, int]:
        values = dict((await self._desk.ask(skills.PREPROCESS, ticket, Fault(kind), Values)).values)
        asked: set[str] = set()
        rounds = 0
        while True:
            evidence = Evidence(kind, values, sorted(asked))
            verdict = await self._desk.ask(skills.ANALYSE, ticket, evidence, Verdict)
            if not verdict.missing or rounds == self._rounds:
                return verdict, rounds
            rounds += 1
            asked.update(verdict.missing)
            values |= await self._gather(ticket, verdict.missing)

    async def _gather(self, ticket: str, missing: list[str]) -> dict[str, float]:
        """Perception, customer and network at once."""
        answers = await at_once(
            [
                self._desk.ask(skills.COLLECT[source], ticket, Collect(names, again=True), Values)
                for source, names in by_source(missing).items()
            ]
        )
        return {name: value for answer in answers for name, value in answer.values.items()}

    async def _mend(self, ticket: str, kind: Kind, verdict: Verdict) -> tuple[str, int]:
        repaired = await self._desk.ask(skills.REPAIR, ticket, Repair(verdict.cause), Done)
        if not repaired.done or not await self._works(ticket):
            return await self._visit(ticket, kind, verdict.cause, repaired.how)
        quality = await self._watch(ticket)
        if not quality.came_back:
            return "repaired from afar", 0
        again = f"came back on day {quality.came_back}"
        outcome, visits = await self._visit(ticket, kind, verdict.cause, again)
        return f"{again}; {outcome}", visits

    async def _visit(self, ticket: str, kind: Kind, cause: str, reason: str) -> tuple[str, int]:
        """Up to two engineers: the first one may find that it needs another craft."""
        craft = CAUSES[cause].craft.value
        for visit in range(1, _VISITS + 1):
            order = WorkOrder(craft, _URGENCY[kind], reason)
            visited = await self._desk.ask(skills.DISPATCH, ticket, order, Visited, reliable=True)
            if visited.cured and await self._works(ticket):
                await self._watch(ticket)
                return f"repaired by {visited.engineer}", visit
            craft, reason = visited.needs or craft, visited.found
        return f"open after {_VISITS} visits", _VISITS

    async def _works(self, ticket: str) -> bool:
        return (await self._desk.ask(skills.TEST, ticket, Probe(), Tested)).works

    async def _watch(self, ticket: str) -> Quality:
        """Have the line watched, and wait for what is published of it."""
        watched: asyncio.Future[Quality] = asyncio.get_running_loop().create_future()
        self._watched[ticket] = watched
        try:
            await self._desk.tell(skills.WATCH, ticket, Watch(_WATCH_DAYS))
            async with asyncio.timeout(self._watch_s):
                return await watched
        except TimeoutError as error:
            raise TimedOut(f"nothing was published of the line within {self._watch_s:g} s") from error
        finally:
            del self._watched[ticket]

    async def _follow_up(self, ticket: str, visits: int, verdict: Verdict) -> str:
        what = "call after the visit" if visits else "message to the customer"
        told = f"{verdict.cause}; concerned {verdict.scope}"
        await self._desk.tell(skills.FOLLOW_UP, ticket, FollowUp(what, told))
        return what
