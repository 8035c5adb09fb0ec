"""`overlay chaos`: what scripts rely on (design §7), and the nemesis at work, in short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from overlay.chaos.scenarios import SCENARIOS
from tests.live_domain import overlay, start

KEYS = {
    "scenario",
    "accepted",
    "delivered",
    "lost",
    "duplicates",
    "misordered",
    "leaked",
    "recovery_s",
    "faults",
}
PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"


@pytest.mark.timeout(400)
async def test_a_killed_gateway_loses_doubles_and_leaks_nothing() -> None:  # issue 5, point 9
    short = ("--seconds", "5", "--rate", "20", "--seed", "1")
    process = await start("chaos", "--scenario", "kill-gateway", *short, "--json")
    out, progress = await process.communicate()

    found = json.loads(out or b"{}")
    assert found.keys() >= KEYS, progress.decode()
    assert found["accepted"] > 0, progress.decode()
    assert (found["lost"], found["duplicates"], found["leaked"]) == (0, 0, 0), found["examples"]
    assert found["delivered"] == found["accepted"]
    assert [fault["done"] for fault in found["faults"]] == [True, True]
    assert found["failed"] == []
    assert process.returncode == (0 if found["good"] else 1)


async def test_scenarios_are_listed_and_explained() -> None:
    end = await overlay("chaos", "list", "--json")

    assert set(json.loads(end.out)["scenarios"]) == set(SCENARIOS)
    assert [name for name in SCENARIOS if f"`{name}`" not in PAGE.read_text()] == []


@pytest.mark.parametrize(
    "words", [(), ("--scenario", "kill-everybody"), ("--scenario", "random", "--brokers", "kafka")]
)
async def test_wrong_usage_says_what_to_do(words: tuple[str, ...]) -> None:
    end = await overlay("chaos", *words)

    assert end.code == 2
    assert "overlay chaos list" in end.err or "nats" in end.err
