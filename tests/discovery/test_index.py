"""The semantic index: what it finds depends on what it holds, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.bench.made_up.agents import agents, intents
from overlay.discovery.contract import Said, SaidSkill, Vector
from overlay.discovery.index import FEW, Method, SemanticIndex

MADE_UP = dict(agents(40))
ASKED = list(intents(6))
KEYS = st.sampled_from([f"agent-{number}" for number in range(8)])
CHANGES = st.lists(
    st.tuples(KEYS, st.one_of(st.none(), st.sampled_from(list(MADE_UP.values())))), max_size=30
)


def index_of(said: dict[str, Said], method: Method = Method.HYBRID) -> SemanticIndex:
    index = SemanticIndex(method=method)
    for key, one in said.items():
        index.put(key, one)
    return index


@given(CHANGES)
@settings(deadline=None, max_examples=40)
def test_after_any_changes_it_answers_like_one_built_anew_in_another_order(
    changes: list[tuple[str, Said | None]],
) -> None:
    index, left = SemanticIndex(), dict[str, Said]()
    for key, said in changes:
        if said is None:
            index.drop(key)
            left.pop(key, None)
        else:
            index.put(key, said)
            left[key] = said
    anew = index_of(dict(sorted(left.items(), reverse=True)))
    assert len(index) == len(left)
    for intent in ASKED:
        assert index.search(intent) == anew.search(intent)


@pytest.fixture(scope="module")
def many() -> SemanticIndex:
    """More than are all compared exactly."""
    return index_of(dict(agents(FEW + 900)))


def test_a_rough_look_at_many_finds_what_an_exact_one_finds(many: SemanticIndex) -> None:
    keys = [key for key, _ in agents(FEW + 900)]
    halves = set(keys[: FEW - 1]), set(keys[FEW - 1 :])
    for intent in intents(15, seed=7):
        exact = sorted(
            (hit for half in halves for hit in many.search(intent, among=half)),
            key=lambda hit: (-hit.score, hit.key),
        )
        assert many.search(intent) == exact[:10]


def test_only_the_wanted_are_found_said_by_their_keys_or_by_their_rows(many: SemanticIndex) -> None:
    few = {key for key, said in agents(FEW + 900) if said.name.startswith("Zen")}
    hits = many.search(ASKED[0], 5, few)
    assert {hit.key for hit in hits} <= few
    assert many.search(ASKED[0], 5, np.array([many.row(key) for key in few])) == hits
    assert many.search(ASKED[0], 5, frozenset[str]()) == []
    assert many.search(ASKED[0], 5, {"nobody"}) == []
    assert many.row("nobody") == -1


def test_scores_fall_lie_between_0_and_1_and_equal_ones_stand_by_key() -> None:
    said = Said("Weather", "Forecasts of rain.")
    index = index_of({"b": said, "c": said, "a": said, "z": Said("Bank", "Accounts and loans.")})
    hits = index.search("will it rain?")
    assert [hit.key for hit in hits] == ["a", "b", "c", "z"]
    assert 1 >= hits[0].score == hits[2].score > hits[3].score >= 0


@pytest.mark.parametrize(
    ("intent", "found"),
    [
        ("check my ip address", "CheckMyIP"),
        ("explore the stellar sky", "stellarexplorer"),
        ("天气预报", "tianqi"),
        ("prognoza pogody", "pogoda"),
        ("where are leaks in the pipes", "skilled"),
    ],
)
def test_names_are_taken_apart_any_script_is_looked_up_and_skills_count(intent: str, found: str) -> None:
    index = index_of(
        {
            "CheckMyIP": Said("CheckMyIP", "Tells it."),
            "stellarexplorer": Said("stellarexplorer", "Pictures."),
            "tianqi": Said("tianqi", "城市的天气预报和空气质量"),
            "pogoda": Said("pogoda", "Prognoza pogody dla każdego miasta"),
            "skilled": Said(
                "skilled", skills=(SaidSkill("water.leak-search", "find leaks", "in water pipes"),)
            ),
            "other": Said("other", "Anything else."),
        }
    )
    assert index.search(intent)[0].key == found


def test_nothing_is_found_among_nobody_and_an_empty_intent_finds_no_words() -> None:
    assert SemanticIndex().search("weather") == []
    index = index_of({"a": Said("Weather", "Rain.")})
    assert index.search("weather", 0) == []
    assert [hit.score for hit in index.search("  ?! ")] == [0]


def towards(place: int) -> Vector:
    vector = np.zeros(384, np.float32)
    vector[place] = 1
    return vector


def test_remote_vectors_decide_where_both_are_there_and_go_with_agent_or_space() -> None:
    index = index_of({"a": Said("Apples"), "b": Said("Bricks"), "c": Said("Clouds")}, Method.VECTOR)
    assert not index.give_vector("a", "far", towards(0))
    index.use_space("far", 384)
    assert index.give_vector("a", "far", towards(300))
    assert index.give_vector("b", "far", towards(200))
    assert not index.give_vector("b", "near", towards(1))
    assert not index.give_vector("b", "far", towards(1)[:100])
    assert not index.give_vector("nobody", "far", towards(1))
    assert index.search("apples")[0].key == "a"
    assert index.search("apples", vector=towards(200))[0].key == "b"
    index.put("b", Said("Bricks"))
    assert index.search("bricks", vector=towards(300))[0].key in {"a", "b"}
    index.use_space("other", 384)
    assert index.search("apples", vector=towards(200))[0].key == "a"
