"""Topics and patterns of many topics (AG-7)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadName
from overlay.naming.ids import skill_covers
from overlay.naming.patterns import covers
from overlay.naming.topics import check_pattern, check_topic, is_pattern, meet, most_specific, patterns_over

_words = st.sampled_from(["a", "b", "c1"])
topics = st.lists(_words, min_size=1, max_size=5).map(".".join)
patterns = (
    st.tuples(st.lists(_words, min_size=1, max_size=4), st.integers(-1, 3), st.booleans())
    .map(
        lambda made: [
            *(["*" if at == made[1] else word for at, word in enumerate(made[0])]),
            *([">"] * made[2]),
        ]
    )
    .map(".".join)
)


@pytest.mark.parametrize("text", ["", ">", "a.>.b", "*.*", "a..b", "A.*", "a*", "a." + "b" * 90])
def test_what_is_no_pattern_is_refused_in_words(text: str) -> None:  # AG-7
    with pytest.raises(BadName, match="is not a topic: use lower-case words"):
        check_pattern(text)


def test_nobody_publishes_on_many_topics_at_once() -> None:  # AG-7
    with pytest.raises(BadName, match="publish on one of them"):
        check_topic("network.>")


@settings(deadline=None, max_examples=100)
@given(topics, patterns)
def test_a_pattern_is_listed_for_the_topics_that_it_covers_and_no_others(topic: str, pattern: str) -> None:
    assert is_pattern(pattern)  # AG-7
    assert (pattern in list(patterns_over(topic))) == covers(pattern, topic)


@settings(deadline=None, max_examples=100)
@given(topics, st.sets(patterns, max_size=5))
def test_the_pattern_that_says_most_is_chosen_and_only_one_that_fits(topic: str, known: set[str]) -> None:
    best = most_specific(topic, known)  # AG-7
    assert (best is None) == (not any(covers(pattern, topic) for pattern in known))
    assert best is None or covers(best, topic)
    assert most_specific(topic, known | {topic}) == topic


@settings(deadline=None, max_examples=100)
@given(patterns, topics, topics)
def test_a_pattern_meets_what_is_denied_wherever_they_have_a_topic_in_common(
    pattern: str, denied: str, topic: str
) -> None:
    if covers(pattern, topic) and skill_covers(denied, topic):  # AG-7
        assert meet(pattern, denied)
