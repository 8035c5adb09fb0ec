"""`overlay bench`: what scripts rely on (design §7). The rates of so short a run mean nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.live_domain import LIMIT_S, done, start

KEYS = {"scenario", "parameters", "rate_per_s", "latency_us", "sent", "received", "lost", "duplicates"} | {
    *("misordered", "errors", "stages")
}
BASELINE = {"baseline_per_s", "ratio"}


async def measured(scenario: str, *options: str, limit_s: float = 2 * LIMIT_S) -> dict[str, Any]:
    begun = await start("bench", scenario, "--json", *(options or ("--seconds", "0.5")))
    end = await done(begun, limit_s)
    assert end.code == 0, end.err
    found: dict[str, Any] = json.loads(end.out)
    assert found.keys() >= KEYS
    assert found["scenario"] == scenario
    assert found["latency_us"].keys() == {"p50", "p99", "p999"}
    return found


@pytest.mark.timeout(300)
async def test_the_measurements_of_trust_keep_their_contract() -> None:
    admission, sealing = await asyncio.gather(measured("admission"), measured("sealing"))
    assert admission.keys() & sealing.keys() >= BASELINE
    assert admission["stages"].keys() == {"one", "two", "admission-killed", "ca-killed"}
    assert sealing["stages"].keys() == {"nats", "cpu-300", "cpu-16384"}
    assert admission["received"] > 0 < admission["baseline_per_s"]
    assert sealing["received"] > 0 < sealing["baseline_per_s"]


@pytest.mark.timeout(300)
async def test_the_measurements_of_the_registry_keep_their_contract() -> None:
    small = ("--agents", "40")
    found = await asyncio.gather(
        measured("discovery", *small, "--seconds", "0.5"),
        measured("registration", *small, "--at-once", "4", "--seconds", "0.5"),
    )
    assert all(one["received"] > 0 == one["errors"] + one["lost"] for one in found)
    synchronised = await measured("synchronisation", *small)
    assert (synchronised["received"], synchronised["lost"]) == (40, 0)


@pytest.mark.timeout(300)
async def test_the_measurement_of_two_gateways_keeps_its_contract() -> None:
    short = ("--brokers", "nats,nats", "--seconds", "0.5", "--window", "16")
    found = await measured("relay", *short, limit_s=120.0)  # two domains start, and four brokers
    assert found.keys() >= BASELINE
    assert found["received"] > 0 < found["baseline_per_s"]
    assert (found["lost"], found["duplicates"], found["misordered"], found["errors"]) == (0, 0, 0, 0)
    assert found["stages"].keys() == {"one at a time", "processor_us", "baseline_processor_us"}


@pytest.mark.timeout(300)
async def test_the_measurement_of_a_channel_keeps_its_contract() -> None:  # GW-9
    short = ("--members", "1,2", "--seconds", "0.5", "--window", "16", "--signed")
    found = await measured("fanout", *short, limit_s=120.0)
    assert found.keys() >= BASELINE
    assert found["received"] == found["sent"] > 0 < found["baseline_per_s"]
    assert (found["lost"], found["duplicates"], found["misordered"], found["errors"]) == (0, 0, 0, 0)
    assert found["stages"].keys() == {"1", "2"}
    assert found["parameters"]["members"] == [1, 2]
