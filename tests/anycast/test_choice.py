"""Whom an agent asks of several that have a skill."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.anycast.choice import Candidate, choose, weigh
from overlay.anycast.observed import Observed
from overlay.anycast.tasks import Tasks
from overlay.naming.ids import PartyId
from overlay.registry.record import Presence, Profile, Readiness, Record, Status

SKILL = "network.fault"
IDLE = Status()


def candidate(name: str, *, domains: int = 0, latency_ms: int = 0, status: Status = IDLE) -> Candidate:
    party = PartyId(name, "b.example" if domains else "a.example")
    profile = Profile(latency_ms=latency_ms)
    record = Record(str(party), profile, b"", "1", Presence.ONLINE, "0" * 32, 0.0, 0.0, 1)
    return Candidate(party, SKILL, msgspec.structs.replace(record, status=status), domains)


def first(*candidates: Candidate, observed: Observed | None = None, now: float = 0.0) -> str:
    seen = observed or Observed(99, 5.0)
    choice = choose(SKILL, candidates, seen, now, 20.0, random.Random(1))
    return choice.candidates[0].party.name


def test_the_nearer_one_is_asked_first() -> None:  # GW-10
    assert first(candidate("far", domains=2), candidate("near")) == "near"


def test_the_less_loaded_one_is_asked_first() -> None:  # GW-10
    loaded = candidate("loaded", status=Status(load=0.8))
    assert first(loaded, candidate("idle", status=Status(load=0.1))) == "idle"


def test_a_quick_one_across_a_border_goes_before_a_slow_one_at_home() -> None:  # GW-10
    observed = Observed(99, 5.0)
    slow, quick = candidate("slow"), candidate("quick", domains=1)
    for _ in range(20):
        observed.answered(slow.party, 2.0)
        observed.answered(quick.party, 0.01)
    assert first(slow, quick, observed=observed) == "quick"


def test_one_that_failed_is_passed_over_and_tried_again_later() -> None:  # GW-10
    observed = Observed(99, 5.0)
    best, other = candidate("best", latency_ms=1), candidate("other", latency_ms=500)
    observed.failed(best.party, now=0.0)
    assert first(best, other, observed=observed, now=1.0) == "other"
    assert first(best, other, observed=observed, now=6.0) == "best"


def test_one_that_says_when_to_ask_again_is_passed_over_until_then() -> None:  # GW-15
    observed = Observed(99, 5.0)
    observed.failed(candidate("best").party, now=0.0, retry_after_s=60.0)
    assert observed.of(candidate("best").party).avoid_until == 60.0


def test_one_that_drains_is_asked_only_if_there_is_nobody_else() -> None:  # GW-10
    draining = candidate("draining", latency_ms=1, status=Status(Readiness.DRAINING))
    assert first(draining, candidate("other", latency_ms=900)) == "other"
    assert first(draining) == "draining"


def test_a_task_stays_with_whoever_has_it() -> None:  # GW-10
    tasks, observed = Tasks(9), Observed(99, 5.0)
    slow, quick = candidate("slow", latency_ms=900), candidate("quick", latency_ms=1)
    tasks.took(SKILL, "t1", slow.party)
    chance = random.Random(1)
    holder = tasks.holder(SKILL, "t1")
    kept = choose(SKILL, (slow, quick), observed, 0.0, 20.0, chance, task="t1", has_task=holder)
    assert kept.kept
    assert kept.candidates[0].party == slow.party
    observed.failed(slow.party, now=0.0)
    moved = choose(SKILL, (slow, quick), observed, 1.0, 20.0, chance, task="t1", has_task=holder)
    assert not moved.kept
    assert moved.candidates[0].party == quick.party


def test_the_choice_is_explained() -> None:  # GW-10
    observed = Observed(99, 5.0)
    one = candidate("one", domains=1, status=Status(Readiness.BUSY, 0.5))
    observed.answered(one.party, 0.04)
    observed.failed(one.party, now=0.0)
    why = weigh(one, observed.of(one.party), 1.0, 20.0).why
    assert why == (
        "1 border away",
        "answered in 40 ms",
        "50% loaded",
        "busy",
        "failed 20% of the time",
        "passed over for 4 s more: it failed just now",
    )


@given(loads=st.lists(st.floats(0, 1), min_size=1, max_size=8), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=50)
def test_everybody_is_in_the_order_once(loads: list[float], seed: int) -> None:  # GW-10
    some = [candidate(f"n{at}", status=Status(load=load)) for at, load in enumerate(loads)]
    choice = choose(SKILL, some, Observed(99, 5.0), 0.0, 20.0, random.Random(seed))
    assert sorted(one.party.name for one in choice.candidates) == sorted(one.party.name for one in some)


def test_equal_ones_share_the_questions() -> None:  # GW-10
    some = [candidate(f"n{at}") for at in range(4)]
    chance = random.Random(5)
    chosen = {
        choose(SKILL, some, Observed(99, 5.0), 0.0, 20.0, chance).candidates[0].party.name for _ in range(200)
    }
    assert len(chosen) == 4


def test_what_is_remembered_is_bounded() -> None:  # GW-10
    observed, tasks = Observed(2, 5.0), Tasks(2)
    for at in range(9):
        observed.answered(PartyId(f"n{at}", "a.example"), 1.0)
        tasks.took(SKILL, f"t{at}", PartyId("n", "a.example"))
    assert not observed.of(PartyId("n0", "a.example")).asked
    assert tasks.holder(SKILL, "t0") is None
    assert tasks.holder(SKILL, "t8") is not None
