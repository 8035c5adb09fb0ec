"""The broker in memory finds the mailboxes that the one rule for patterns says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.naming.patterns import covers
from overlay.transport.memory_index import PatternIndex

tokens = st.sampled_from("abc")
subjects = st.lists(tokens, min_size=1, max_size=4).map(".".join)
patterns = st.builds(
    lambda given, rest: ".".join([*given, *rest]),
    st.lists(tokens | st.just("*"), min_size=1, max_size=4),
    st.sampled_from([(), (">",)]),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(patterns, max_size=3), max_size=8), st.lists(subjects, max_size=8))
def test_the_index_finds_what_the_rule_says_in_order_and_once(
    boxes: list[list[str]], asked: list[str]
) -> None:
    index = PatternIndex(enumerate(boxes))
    for subject in asked:
        wanted = [at for at, box in enumerate(boxes) if any(covers(one, subject) for one in box)]
        assert index.covering(subject) == wanted
