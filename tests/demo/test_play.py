"""All thirteen agents over the fake connection. # AG-11"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from overlay.demo import skills
from overlay.demo.cast import NETWORK, RETAIL, ROLES
from overlay.demo.complaints import own_complaints
from overlay.demo.letters import Complaint
from overlay.demo.play import play
from overlay.demo.readings import Source
from overlay.demo.story import Account
from overlay.errors import Failed
from overlay.naming.ids import skill_covers
from overlay.settings import Settings
from tests.demo.fake import FakeTown

FAULT = Complaint("7", "internet is down since noon")
BILL = Complaint("8", "wrong bill")


async def played(town: FakeTown, complaints: Sequence[Complaint], seed: int = 1, at_once: int = 4) -> Account:
    return await play(complaints, town.stage(seed), Settings(demo_settle_s=0, demo_cases_at_once=at_once))


async def test_all_thirteen_take_part_and_nothing_is_lost() -> None:
    town = FakeTown()
    account = await played(town, own_complaints())
    names = {role.name for role in ROLES}
    assert len(names) == 13
    assert set(account.sent_by) | set(account.received_by) == names
    assert (account.lost, account.repeated, account.failed) == (0, 0, False)
    assert account.last_line() == f"demo: 13 agents, 2 domains, {account.messages} messages, 0 lost"
    assert [case.complaint for case in account.cases] == own_complaints()


def test_every_certificate_permits_what_its_agent_serves_and_both_organisations_work() -> None:
    town = FakeTown()
    town.stage()
    for role in ROLES:
        served = town.wires[role.name].skills
        assert served
        assert all(skill_covers(role.skill, skill) for skill in served)
    assert {role.domain for role in ROLES} == {RETAIL, NETWORK}


async def test_what_is_missing_is_collected_from_home_customer_and_network() -> None:
    town = FakeTown()
    account = await played(town, own_complaints())
    assert max(case.report.rounds for case in account.cases) >= 1
    assert {skills.COLLECT[Source.HOME], skills.GUIDE, skills.CUSTOMER_ANSWER} <= set(town.asked)
    assert any("asked again" in line for line in town.lines)


async def test_what_cannot_be_repaired_from_afar_gets_an_engineer_a_test_and_a_watch() -> None:
    town = FakeTown()
    account = await played(town, own_complaints())
    visited = [case for case in account.cases if case.report.visits]
    assert visited
    assert all("repaired by" in case.report.outcome for case in visited)
    assert {skills.CASE, skills.DISPATCH, skills.WATCH, skills.FOLLOW_UP} == set(town.reliable)
    assert town.asked.count(skills.QUALITY) == town.asked.count(skills.WATCH)


async def test_a_fault_that_comes_back_is_seen_to_again() -> None:
    town = FakeTown()
    account = await played(town, own_complaints())
    back = [case for case in account.cases if "came back" in case.report.outcome]
    assert back
    assert all(case.report.visits for case in back)
    assert any("customer told that the fault is back" in line for line in town.lines)


async def test_a_billing_complaint_is_handed_over_without_a_diagnosis() -> None:
    town = FakeTown()
    account = await played(town, [BILL])
    assert account.cases[0].report.outcome == "handed over to customer care"
    assert town.asked == [skills.CASE, skills.INTENT, skills.FOLLOW_UP]


async def test_the_case_of_an_agent_that_fails_is_reported_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = FakeTown()
    stage = town.stage()

    def fail(*_: object, **__: object) -> None:
        raise Failed("the collector is out of order")

    monkeypatch.setattr(stage.network, "measure", fail)
    account = await play([FAULT, BILL], stage, Settings(demo_settle_s=0))
    fault, bill = account.cases
    assert fault.report.stopped
    assert fault.report.outcome == "stopped: the collector is out of order"
    assert not bill.report.stopped
    assert (account.failed, account.lost) == (True, 0)


async def test_a_lost_message_is_counted_and_makes_the_demo_fail() -> None:
    town = FakeTown()
    town.arrives = lambda skill, _: 0 if skill == skills.INTENT else 1
    account = await played(town, [BILL])
    assert account.last_line().endswith(" 1 lost")
    assert account.failed
    assert "intent did not answer" in account.cases[0].report.outcome


async def test_a_repeated_message_is_counted() -> None:
    town = FakeTown()
    town.arrives = lambda skill, _: 2 if skill == skills.FOLLOW_UP else 1
    account = await played(town, [BILL])
    assert (account.lost, account.repeated, account.failed) == (0, 1, False)


async def test_the_same_seed_makes_the_same_world_and_another_one_another() -> None:
    worlds = [
        [case.as_dict() for case in (await played(FakeTown(), own_complaints(), seed, at_once=1)).cases]
        for seed in (3, 3, 4)
    ]
    assert worlds[0] == worlds[1] != worlds[2]


async def test_cases_wait_for_their_turn() -> None:
    town = FakeTown()
    await played(town, own_complaints(), at_once=1)
    tickets = [line.split()[0] for line in town.lines]
    assert tickets == sorted(tickets)
