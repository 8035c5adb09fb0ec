"""Needs in plain language: who fits them, with conditions, and what was learnt of use (REG-5)."""

from __future__ import annotations

import pytest

from overlay.errors import BadInput, NotFound
from overlay.registry.record import Profile
from overlay.registry.search.discovery_policy import DiscoveryPolicy
from overlay.registry.search.discovery_rule import DiscoveryRule
from overlay.registry.search.protocol import Find, Report
from overlay.settings import Settings
from tests.registry.search.crowd import record_of
from tests.registry.search.gallery import Gallery, asker


def test_an_intent_is_combined_with_conditions_and_the_policy() -> None:  # REG-5
    gallery = Gallery(
        record_of("fibre", "a.example", Profile(description="Repairs broken fibre lines", languages=("de",))),
        record_of(
            "cable", "a.example", Profile(description="Repairs broken fibre cables", languages=("en",))
        ),
        record_of("cook", "a.example", Profile(description="Recipes for vegetarian dinners")),
    )
    assert gallery.found(Find(intent="repair my broken fibre"))[:2] != ["cook@a.example"]
    assert gallery.found(Find(intent="repair my broken fibre", languages=("en",))) == ["cable@a.example"]
    gallery.finder.policy = DiscoveryPolicy(deny=(DiscoveryRule(targets=("cable@a.example",)),))
    assert gallery.found(Find(intent="repair my broken fibre", languages=("en",))) == []
    gallery.drop("fibre@a.example")
    assert "fibre@a.example" not in gallery.found(Find(intent="repair my broken fibre"))


def test_who_fits_an_intent_far_less_than_the_best_is_not_found_by_it() -> None:  # REG-5
    mender, cook = "Diagnoses unstable home broadband: slow internet, router faults", "Recipes for dinners"
    ask = Find(intent="my home broadband is slow and unstable")
    gallery = Gallery(
        record_of("mender", "a.example", Profile(description=mender)),
        record_of("clerk", "a.example", Profile(description="Opening hours of the internet shop")),
        record_of("cook", "a.example", Profile(description=cook)),
        settings=Settings(intent_floor=0.05),
    )
    assert gallery.found(ask) == ["mender@a.example"]
    gallery.finder.policy = DiscoveryPolicy(deny=(DiscoveryRule(targets=("mender@a.example",)),))
    assert gallery.found(ask)[0] == "clerk@a.example"
    assert gallery.found(Find(intent="qwerty xyzzy")) == []


async def test_who_served_an_intent_rises_for_others_and_nobody_praises_itself() -> None:  # REG-5
    said = "Repairs broken fibre lines"
    gallery = Gallery(*(record_of(name, "a.example", Profile(description=said)) for name in ("x", "y", "z")))
    await gallery.open()
    report = gallery.library.experiences.report
    ask = Find(intent="my fibre line is broken")
    usual = gallery.found(ask)
    last = usual[-1].partition("@")[0]
    await report(asker(last), Report(ask.intent, usual[-1], succeeded=True))
    assert gallery.found(ask) == usual
    for name in ("carol", "dave"):
        await report(asker(name), Report("fibre line broken at home", usual[-1], succeeded=True))
    assert gallery.found(ask)[0] == usual[-1]
    for name in ("erin", "frank", "grace", "heidi"):
        await report(asker(name), Report(ask.intent, usual[-1], succeeded=False))
    assert gallery.found(ask)[-1] == usual[-1]
    with pytest.raises(NotFound, match="nothing is learnt of it"):
        await report(asker(), Report(ask.intent, "stranger@a.example", succeeded=True))
    with pytest.raises(BadInput, match="intent is missing"):
        await report(asker(), Report(" ", usual[0], succeeded=True))


def test_a_compound_intent_is_answered_part_by_part() -> None:  # REG-5
    said = {
        "signal-doctor": "Finds out why mobile reception is poor: weak signal, dropped calls, no coverage.",
        "line-care": "Diagnoses unstable home broadband: slow internet, wifi that drops, router faults.",
        "cook": "Recipes for vegetarian dinners",
    }
    gallery = Gallery(*(record_of(name, "a.example", Profile(description=it)) for name, it in said.items()))
    answer = gallery.find(Find(intent="poor mobile signal and unstable broadband at home", limit=2))
    assert len(answer.needs) == 2
    found = [(match.need, match.party) for match in answer.matches]
    assert found == [(0, "signal-doctor@a.example"), (1, "line-care@a.example")]
