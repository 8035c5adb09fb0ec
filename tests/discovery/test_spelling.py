"""Misspelt words are understood; words, names and codes are left alone."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.discovery.edits import cost, one_slip_away
from overlay.discovery.reading import Reading
from overlay.discovery.spelling import Speller
from overlay.discovery.table import table
from tests.discovery.catalogue import catalogue, reading, rows

ENGLISH = tuple(table().numbers)
SPELLER = Speller(ENGLISH)
USUAL = [word for word in ENGLISH[:4000] if len(word) >= 6 and word.isalpha()]
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


@given(st.sampled_from(ENGLISH[:25_000]))
@settings(deadline=None, max_examples=100)
def test_a_known_word_is_never_corrected(word: str) -> None:
    assert SPELLER.correct(word) is None


@given(LETTERS)
@settings(deadline=None, max_examples=100)
def test_what_is_guessed_is_a_word(written: str) -> None:
    guessed = SPELLER.correct(written)
    assert guessed is None or SPELLER.knows(guessed)


@given(LETTERS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_one_slip_goes_both_ways(word: str, random: Random) -> None:
    slip = random.choice(sorted(one_slip_away(word)))
    assert word in one_slip_away(slip) | {slip} or not slip
    assert cost(word, word) <= 1.1 + 0.5


def test_most_words_are_found_again_after_a_slip() -> None:
    random = Random(7)
    slips = [(word, swapped(word, random)) for word in random.sample(USUAL, 200)]
    wrong = [(word, slip) for word, slip in slips if not SPELLER.trusts(slip)]
    right = sum(SPELLER.correct(slip) == word for word, slip in wrong)
    assert right / len(wrong) > 0.9


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("restaraunt", "restaurant"),
        ("tommorow", "tomorrow"),
        ("recieve", "receive"),
        ("definately", "definitely"),
        ("accomodation", "accommodation"),
        ("horoscpe", "horoscope"),
    ],
)
def test_usual_mistakes_are_corrected(written: str, meant: str) -> None:
    assert SPELLER.correct(written) == meant


def test_a_word_of_the_agents_is_right_and_likelier_than_another() -> None:
    speller = Speller(["carton", "martin"])
    assert speller.correct("garton") == "carton"
    speller.learn(["barton"])
    assert speller.correct("garton") == "barton"
    assert speller.correct("barton") is None


@pytest.mark.parametrize("written", ["NCT05859269", "d20", "QRCD", "myWebbsite", "https://exmaple.org/pge"])
def test_codes_and_addresses_are_taken_as_they_are(written: str) -> None:
    asked = reading().intent(f"look at {written} please")
    assert set(asked.weights) <= {1.0}


def test_a_name_is_taken_for_another_word_only_if_agents_use_it() -> None:
    fresh = Reading(ENGLISH)
    assert "hamlets" not in fresh.intent("a trip to Haamlets").words
    fresh.description("We play Jabberwalky, a game of hamlets.")
    assert "jabberwalky" in fresh.intent("let us play Jaberwalky").words


def test_a_correct_question_stays_as_it_is() -> None:
    asked = reading().intent("Which agent finds cheap flights to Rome?")
    assert asked.text == "Which agent finds cheap flights to Rome?"
    assert asked.weights == ()


def test_misspelt_questions_find_nearly_as_many_agents() -> None:
    random = Random(11)
    asked = [(row[0], row[1]) for row in islice(rows("compound-intents.tsv"), 80) if len(row) == 2]
    english = [(text, agent) for text, agent in asked if text.isascii() and agent in catalogue()]
    clean = [catalogue().search(text, 1)[0].key == agent for text, agent in english]
    typed = [catalogue().search(misspelt(text, random), 1)[0].key == agent for text, agent in english]
    assert sum(typed) >= sum(clean) * 0.8


def misspelt(text: str, random: Random) -> str:
    return " ".join(swapped(word, random) if len(word) > 4 else word for word in text.split())


def swapped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
