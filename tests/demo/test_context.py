"""Which agents of a fault diagnosis are sent the customer's name and number. # AG-6"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from examples.broadband.case import context_of
from examples.diagnosis.chain import CHAIN
from overlay.chains.assign import Order
from overlay.chains.orchestrator import Orchestrator
from overlay.clock import system_clock
from overlay.endpoint.background import beside
from tests.chains.world import SETTINGS, Answer, World

LIMIT_S = 30.0
NAME, PHONE = "Kim Doe", "+15550100199"
GIVEN = {
    "diagnosis.intent.classify": {"kind": "no service", "fault": True},
    "diagnosis.analysis.root-cause": {"enough": True, "cause": {"cause": "cable cut"}, "craft": "cable"},
    "diagnosis.scheduling.dispatch": {"needs": ""},
    "diagnosis.testing.end-to-end": {"works": True},
    "diagnosis.scheduling.watch": {"came_back": 0},
}


def answer(order: Order, _: int) -> Answer:
    """The repair fails: an engineer has to go."""
    return (
        None
        if order.skill == "diagnosis.handling.repair"
        else msgspec.json.encode(GIVEN.get(order.skill, {}))
    )


async def test_of_all_steps_only_who_goes_there_and_who_calls_is_sent_name_and_number(tmp_path: Path) -> None:
    world = World(answer)
    orchestrator = Orchestrator(tmp_path, world, SETTINGS, system_clock)
    await orchestrator.begin()
    async with asyncio.timeout(LIMIT_S), beside(orchestrator.run()):
        case = msgspec.json.encode({"ticket": "1", "complaint": "No internet"})
        run = await orchestrator.begin_chain(
            CHAIN, case, context_of(NAME, PHONE), "case-1", wait_for_skills=False
        )
        await run.result()
    await orchestrator.close()
    sent = {done.order.skill: done.order.context.encode() for done in world.tasks.values()}
    told = {"diagnosis.scheduling.dispatch", "diagnosis.assistant.follow-up"}
    assert told < set(sent)
    for word in (NAME, PHONE):
        assert {skill for skill, context in sent.items() if word.encode() in context} == told
