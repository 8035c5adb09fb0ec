"""The chain of a fault diagnosis: what follows what, and when; who does it is found by skill. Pure."""

from __future__ import annotations

from overlay.chains.chain import Chain, Step
from overlay.chains.writing import any_of, either, ended, group, of, rounds, where

_TICKET = of("input", "ticket")
_KIND = of("class", "kind")
_WORKS = where("test", "works", "==", True)


def _ask(name: str, skill: str, source: str) -> Step:
    """Collects what the last analysis missed, if this source can tell any of it."""
    return Step(
        name,
        skill,
        after=("analyse",),
        when=where("analyse", f"missing.{source}", "exists"),
        input={"ticket": _TICKET, "names": of("analyse", f"missing.{source}")},
        on_failure="continue",
    )


# In rounds: the analysis says what it misses, and whoever can tell is asked, until it is sure.
_FIND_CAUSE = rounds(
    "find-cause",
    Step(
        "analyse",
        "diagnosis.analysis.root-cause",
        input={
            "ticket": _TICKET,
            "kind": _KIND,
            "first": of("preprocess"),
            "rounds": [of(step, rounds="all", default=[]) for step in ("perceive", "guide", "collect")],
        },
    ),
    _ask("perceive", "diagnosis.perception.measure", "home"),
    _ask("guide", "diagnosis.knowledge.guide", "customer"),
    _ask("collect", "diagnosis.collection.collect", "network"),
    after=("preprocess",),
    until=where("analyse", "enough", "==", True),
    most=4,
    unmet="continue",
)

# An engineer goes, and if he was not the right one, another.
_VISITS = rounds(
    "visits",
    Step(
        "visit",
        "diagnosis.scheduling.dispatch",
        input={
            "ticket": _TICKET,
            "kind": _KIND,
            "craft": of("analyse", "craft"),
            "needs": of("visit", "needs", rounds="previous", default=""),
        },
        scopes=("contact",),
        grants=("customer",),
    ),
    Step("confirm", "diagnosis.testing.end-to-end", after=("visit",), input={"ticket": _TICKET}),
    after=("watch",),
    when=any_of(
        ended("repair", "failed"),
        where("test", "works", "==", False),
        where("watch", "came_back", ">", 0),
    ),
    until=where("confirm", "works", "==", True),
    most=2,
    unmet="continue",
)

_CASE = group(
    "case",
    Step("preprocess", "diagnosis.preprocessing.collect", input={"ticket": _TICKET, "kind": _KIND}),
    _FIND_CAUSE,
    Step(
        "repair",
        "diagnosis.handling.repair",
        after=("find-cause",),
        input={"ticket": _TICKET, "cause": of("analyse", "cause")},
        on_failure="continue",
    ),
    Step(
        "test",
        "diagnosis.testing.end-to-end",
        after=("repair",),
        when=ended("repair", "done"),
        input={"ticket": _TICKET},
    ),
    Step(
        "watch",
        "diagnosis.scheduling.watch",
        after=("test",),
        when=_WORKS,
        input={"ticket": _TICKET},
    ),
    _VISITS,
    Step(
        "watch-again",
        "diagnosis.scheduling.watch",
        after=("visits",),
        when=where("confirm", "works", "==", True),
        input={"ticket": _TICKET},
    ),
    after=("class",),
    when=where("class", "fault", "==", True),
)

CHAIN = Chain(
    "fault-diagnosis",
    (
        either(
            "class",
            Step("by-words", "diagnosis.intent.classify", input=of("input")),
            Step("by-asking", "diagnosis.knowledge.clarify", input={"ticket": _TICKET}),
        ),
        _CASE,
        Step(
            "follow-up",
            "diagnosis.assistant.follow-up",
            after=("class", "case"),
            when=any_of(ended("case", "done"), ended("case", "skipped")),
            input={
                "ticket": _TICKET,
                "kind": _KIND,
                "cause": of("analyse", default=None),
                "analyses": of("analyse", rounds="all", default=[]),
                "watch": of("watch", default=None),
                "visits": of("visit", rounds="all", default=[]),
                "tests": [of("test", default=None), of("confirm", default=None)],
            },
            scopes=("contact",),
            grants=("customer",),
        ),
    ),
    about="From a complaint to a line that works: classify, collect, find the cause, repair, test, watch.",
    output=of("follow-up"),
)
