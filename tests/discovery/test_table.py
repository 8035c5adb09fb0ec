"""The table of word vectors: whole, attributed, and what it makes of texts."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest

from overlay.discovery.compounds import split
from overlay.discovery.stems import stem
from overlay.discovery.table import TableEmbedder, table
from overlay.discovery.words import parts_of_name, terms, words

DATA = files("overlay.discovery").joinpath("data")


def test_the_table_is_the_one_that_its_attribution_speaks_of() -> None:
    found = sha256(DATA.joinpath("words.npz").read_bytes()).hexdigest()
    assert found in DATA.joinpath("ATTRIBUTION.md").read_text(encoding="utf-8")


def test_texts_of_one_meaning_are_near_and_a_text_without_words_is_nothing() -> None:
    rain, storm, shares, nothing = TableEmbedder().embed(
        ["will it rain in Paris", "weather forecast for France", "price of shares", "?!"]
    )
    assert rain @ storm > 0.4 > abs(rain @ shares)
    assert np.linalg.norm(rain) == pytest.approx(1)
    assert not nothing.any()


def test_each_word_is_one_that_texts_have_and_the_first_are_the_most_usual() -> None:
    known = table()
    assert len(known.numbers) == len(known.steps) == len(known.zipf)
    assert all(words(word) == [word] for word in known.numbers)
    assert list(known.zipf) == sorted(known.zipf, reverse=True)


def test_compounds_are_taken_apart_where_their_parts_are_words() -> None:
    usual = table().usual
    assert split("stellarexplorer", usual) == ["stellar", "explorer"]
    assert split("deployscript", usual) == ["deploy", "script"]
    assert split("zxqjv", usual) == ["zxqjv"]
    assert split("", usual) == []


@pytest.mark.parametrize(
    "same",
    [
        "run runs running",
        "deploy deploys deployment deployed",
        "recipe recipes",
        "university universities",
        "translate translation translator translating",
        "diagnosis diagnose",
        "analysis analyses analyse analyze",
    ],
)
def test_forms_of_a_word_have_one_stem(same: str) -> None:
    assert len({stem(word) for word in same.split()}) == 1


def test_words_are_found_in_any_script_and_what_people_ask_with_is_left_out() -> None:
    assert words("L'Été: it’s 5 o'clock, naïve_name") == [
        "l",
        "ete",
        "it",
        "5",
        "o",
        "clock",
        "naive",
        "name",
    ]
    assert terms("Could you please help me to 翻译文件, thanks?") == ["翻译", "译文", "文件"]
    assert parts_of_name("CheckMyIP_v2-beta") == "Check My IP v 2 beta"
