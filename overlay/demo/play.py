"""The play: all complaints, a few at a time, until every message has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from overlay.demo.cast import DOMAINS, ROLES, Stage
from overlay.demo.letters import CaseReport, Complaint
from overlay.demo.story import Account, Case
from overlay.errors import OverlayError
from overlay.settings import Settings

_LOOK_AGAIN_S = 0.05


async def play(complaints: Sequence[Complaint], stage: Stage, settings: Settings) -> Account:
    """Every complaint becomes a case, in the order given; one that fails is reported as such."""
    begin = time.perf_counter()
    places = asyncio.Semaphore(settings.demo_cases_at_once)

    async def case(complaint: Complaint) -> Case:
        async with places:
            return await _case(complaint, stage)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(case(complaint)) for complaint in complaints]
    await _settle(stage, settings.demo_settle_s)
    seconds = time.perf_counter() - begin
    return Account.of([task.result() for task in tasks], stage.tally, len(ROLES), len(DOMAINS), seconds)


async def _case(complaint: Complaint, stage: Stage) -> Case:
    stage.network.connect(complaint.ticket, complaint.text)
    truth = stage.network.truth(complaint.ticket)
    try:
        report = await stage.assistant.complain(complaint)
    except OverlayError as error:
        report = CaseReport("-", outcome=f"stopped: {error}", stopped=True)
    return Case(complaint, report, truth)


async def _settle(stage: Stage, limit_s: float) -> None:
    """What was published last may be under way still."""
    end = time.monotonic() + limit_s
    while stage.tally.lost and time.monotonic() < end:
        await asyncio.sleep(_LOOK_AGAIN_S)
