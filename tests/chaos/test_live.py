"""The nemesis at work, in short: real brokers, real kills, and nothing lost, doubled, leaked."""

from __future__ import annotations

import pytest

from overlay.chaos.run import run_chaos
from overlay.chaos.scenarios import make_plan
from overlay.transport.address import BrokerKind


NATS = BrokerKind.NATS


@pytest.mark.timeout(400)
async def test_a_killed_gateway_loses_doubles_and_leaks_nothing() -> None:  # issue 5, point 9
    plan = make_plan("kill-gateway", seed=1, seconds=6, rate=30, domains=2)
    told: list[str] = []

    report = await run_chaos(plan, (NATS, NATS), told.append)

    verdict = report.verdict
    assert verdict.accepted > 0, told
    assert (verdict.lost, verdict.duplicates, verdict.leaked) == (0, 0, 0), verdict.examples
    assert verdict.delivered == verdict.accepted
    assert [fault.done for fault in report.faults] == [True, True]
    assert not report.failed
