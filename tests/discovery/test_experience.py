"""What was learnt from use: it helps, it fades, and nobody's word counts twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.clock import DAY_S
from overlay.discovery.contract import Hit
from overlay.discovery.experience import Experience
from overlay.discovery.table import TableEmbedder
from overlay.settings import Settings

EMBEDDER = TableEmbedder()
INTENT, LIKE_IT, OTHER = "cheap flights to Rome", "a cheap flight to Milan", "my cat does not eat"
HITS = (Hit("a", 0.5), Hit("b", 0.48), Hit("c", 0.2))
REPORTS = st.lists(
    st.tuples(
        st.sampled_from([INTENT, LIKE_IT, OTHER, ""]),
        st.sampled_from("abc"),
        st.booleans(),
        st.sampled_from(["ann", "bob", "eve", "a"]),
        st.floats(0, 1000),
    ),
    max_size=40,
)


def experience(**given: float) -> Experience:
    return Experience(Settings.model_validate(given), EMBEDDER)


def order(learnt: Experience, intent: str, now: float = 0.0, hits: Sequence[Hit] = HITS) -> str:
    return "".join(one.hit.key for one in learnt.adjust(intent, hits, now))


def test_an_agent_that_served_a_similar_intent_rises() -> None:
    learnt = experience()
    learnt.note(INTENT, "b", succeeded=True, asker="ann", now=0)
    assert order(learnt, LIKE_IT) == "bac"
    assert order(learnt, OTHER) == "abc"
    (first, *_) = learnt.adjust(LIKE_IT, HITS, 0)
    assert (first.own, first.failed) == (0.48, 0)
    assert 0 < first.succeeded <= 1


def test_an_agent_that_failed_sinks() -> None:
    learnt = experience()
    learnt.note(INTENT, "a", succeeded=False, asker="ann", now=0)
    assert order(learnt, INTENT) == "bac"


def test_experience_fades() -> None:
    learnt = experience(experience_half_life_days=1)
    learnt.note(INTENT, "b", succeeded=True, asker="ann", now=0)
    assert order(learnt, INTENT, now=20 * DAY_S) == "abc"
    assert learnt.faded(20 * DAY_S)
    assert not learnt.faded(DAY_S)


def test_one_asker_counts_once_however_often_it_speaks() -> None:
    once, often = experience(), experience()
    once.note(INTENT, "c", succeeded=True, asker="eve", now=0)
    for number in range(40):
        often.note(f"{INTENT} {number}", "c", succeeded=True, asker="eve", now=0)
        often.note(INTENT, "c", succeeded=True, asker="eve", now=number)
    best = max(one.hit.score for one in often.adjust(INTENT, HITS, 0) if one.hit.key == "c")
    alone = max(one.hit.score for one in once.adjust(INTENT, HITS, 0) if one.hit.key == "c")
    assert best == pytest.approx(alone, abs=1e-3)


def test_one_asker_pushes_out_only_its_own() -> None:
    learnt = experience(experience_per_asker=5)
    learnt.note(INTENT, "b", succeeded=True, asker="ann", now=0)
    places = ("Rome", "Paris", "Lyon", "Madrid", "Lisbon", "Berlin", "Vienna", "Prague", "Athens")
    for number, place in enumerate(places):
        learnt.note(f"cheap flights to {place}", "c", succeeded=True, asker="eve", now=number)
    assert len(learnt) == 6
    assert order(learnt, INTENT)[0] == "b"


def test_there_is_an_end_to_what_is_remembered() -> None:
    learnt = experience(experience_entries=100)
    for number in range(130):
        learnt.note(INTENT, "b", succeeded=True, asker=f"asker-{number}", now=number)
    assert len(learnt) == 100


def test_nobody_praises_itself() -> None:
    learnt = experience()
    learnt.note(INTENT, "c", succeeded=True, asker="c", now=0)
    assert len(learnt) == 0


def test_who_reports_again_corrects_itself() -> None:
    learnt = experience()
    learnt.note(INTENT, "b", succeeded=True, asker="ann", now=0)
    learnt.note(INTENT, "b", succeeded=False, asker="ann", now=1)
    assert len(learnt) == 1
    assert order(learnt, INTENT, now=1) == "abc"


@given(REPORTS)
@settings(deadline=None, max_examples=60)
def test_no_experience_moves_a_score_further_than_it_may(
    reports: list[tuple[str, str, bool, str, float]],
) -> None:
    learnt = experience()
    for intent, agent, succeeded, asker, now in reports:
        learnt.note(intent, agent, succeeded=succeeded, asker=asker, now=now)
    found = learnt.adjust(INTENT, HITS, 1000)
    assert {one.hit.key for one in found} == {"a", "b", "c"}
    assert all(abs(one.hit.score - one.own) <= 0.2 and 0 <= one.hit.score <= 1 for one in found)
