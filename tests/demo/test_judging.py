"""Bayes over what experts say: properties, and what is asked for next."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.diagnosis.causes import CAUSES, likelihood
from examples.diagnosis.classes import FAULTS, Kind
from examples.diagnosis.judging import gain, judge, posterior
from examples.diagnosis.readings import READINGS

kinds = st.sampled_from(FAULTS)
found = st.dictionaries(st.sampled_from(sorted(READINGS)), st.booleans(), max_size=8)


@settings(deadline=None, max_examples=60)
@given(kinds, found, st.sampled_from(sorted(CAUSES)))
def test_more_evidence_for_the_true_cause_makes_it_more_likely(
    kind: Kind, known: dict[str, bool], true: str
) -> None:
    before = posterior(kind, known)
    assert sum(before.values()) == pytest.approx(1)
    for name in set(READINGS) - set(known):
        for bad in (True, False):
            fits = {
                cause: likelihood(cause, name) if bad else 1 - likelihood(cause, name) for cause in CAUSES
            }
            if fits[true] == max(fits.values()):
                assert posterior(kind, {**known, name: bad})[true] >= before[true] - 1e-12


@settings(deadline=None, max_examples=40)
@given(kinds, found, st.sampled_from(sorted(READINGS)))
def test_no_reading_makes_us_expect_to_know_less(kind: Kind, known: dict[str, bool], name: str) -> None:
    assert gain(kind, known, name) >= 0


def test_what_is_not_enough_asks_for_what_tells_most_and_never_twice() -> None:
    first = judge(Kind.NO_SERVICE, {"router-online": 0}, asked=[])
    assert first.probability < 0.85
    wanted = {name for names in first.missing.values() for name in names}
    assert {"router-dark", "node-alarms"} & wanted
    assert "router-online" not in wanted
    second = judge(Kind.NO_SERVICE, {"router-online": 0}, asked=wanted)
    assert not wanted & {name for names in second.missing.values() for name in names}


def test_enough_evidence_names_cause_scope_and_advice() -> None:
    seen = {"router-online": 0.0, "node-alarms": 4.0, "neighbours-down-percent": 70.0}
    verdict = judge(Kind.NO_SERVICE, seen, asked=[])
    assert (verdict.cause, verdict.scope, verdict.enough) == ("node without power", "the whole street", True)
    assert verdict.advice == ["switch the node to its second supply", "engineer for access node"]
