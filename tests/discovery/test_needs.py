"""An intent of several needs gets an agent for each; one need stays whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.discovery.clauses import clauses, with_context
from overlay.discovery.contract import Hit, Part
from overlay.discovery.needs import needs
from tests.discovery.catalogue import catalogue, rows

LABELLED = rows("compound-intents.tsv")


def search(text: str, among: Collection[str] | None = None) -> Sequence[Hit]:
    return catalogue().search(text, 100, among)


def agents(parts: Sequence[Part]) -> list[str]:
    return [part.hits[0].key for part in parts]


def test_most_intents_are_cut_as_people_would_and_each_part_is_answered() -> None:
    right = [agents(needs(intent, search)) == wanted for intent, *wanted in LABELLED]
    assert len(right) >= 80
    assert sum(right) / len(right) > 0.8


def test_the_example_of_the_requirements() -> None:
    parts = needs("poor mobile signal and unstable broadband at home", search)
    assert agents(parts) == ["signal-doctor", "line-care"]
    assert [part.text for part in parts] == ["poor mobile signal at home", "unstable broadband at home"]


@pytest.mark.parametrize(
    "intent",
    [
        "search and summarise papers",
        "buy and sell",
        "rock and roll",
        "the road between Rome and Milan",
        "hello",
    ],
)
def test_what_is_one_thing_is_not_even_proposed(intent: str) -> None:
    assert len(clauses(intent)) == 1


def test_a_verb_and_a_place_are_shared() -> None:
    assert with_context(clauses("book a flight and a hotel in Rome")) == [
        "book a flight in Rome",
        "book a hotel in Rome",
    ]


@given(st.text(alphabet="ab ,.;和y与，and", max_size=60))
@settings(deadline=None, max_examples=30)
def test_whatever_is_asked_there_is_at_least_one_part_and_no_more_than_five(intent: str) -> None:
    parts = needs(intent, search)
    assert 1 <= len(parts) <= 5
    assert len(parts) == 1 or len({part.hits[0].key for part in parts}) > 1


def test_where_nobody_is_there_is_one_part_with_nobody() -> None:
    assert needs("a hotel and a flight", lambda *_: ()) == (Part("a hotel and a flight", ()),)


def test_one_agent_that_does_both_well_is_not_taken_apart() -> None:
    def both(text: str, _: Collection[str] | None) -> Sequence[Hit]:
        return [Hit("specialist of " + text, 0.8), Hit("both", 0.79)]

    assert len(needs("find a hotel and find a flight", both)) == 1
