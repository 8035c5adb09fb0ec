"""The nemesis at work, in short: real brokers, real kills, and nothing lost, doubled, leaked."""

from __future__ import annotations

import pytest

from overlay.chaos.run import run_chaos
from overlay.chaos.scenarios import make_plan
from overlay.transport.address import BrokerKind


@pytest.mark.parametrize("brokers", [(BrokerKind.NATS, BrokerKind.NATS)], ids=["nats"])
async def test_a_killed_gateway_loses_doubles_and_leaks_nothing(brokers: tuple[BrokerKind, ...]) -> None:
    # issue 5, point 9
    plan = make_plan("kill-gateway", seed=1, seconds=8, rate=40, domains=len(brokers))
    told: list[str] = []

    report = await run_chaos(plan, brokers, told.append)

    verdict = report.verdict
    assert verdict.accepted > 0, told
    assert (verdict.lost, verdict.duplicates, verdict.leaked) == (0, 0, 0), verdict.examples
    assert verdict.delivered == verdict.accepted
    assert [fault.done for fault in report.faults] == [True, True]
    assert not report.failed
