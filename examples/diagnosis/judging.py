"""From readings to the most likely cause, and to what should be looked at next: Bayes' rule. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import msgspec

from examples.diagnosis.causes import CAUSES, Action, likelihood, prior
from examples.diagnosis.classes import Kind
from examples.diagnosis.readings import READINGS, by_source, findings

SURE = 0.85
"""From which probability on nothing more is asked for."""
_AT_ONCE = 4
_WORTH_BITS = 0.02

FIRST: dict[Kind, tuple[str, ...]] = {
    Kind.NO_SERVICE: ("router-online", "node-alarms", "neighbours-down-percent"),
    Kind.SLOW: ("signal-to-noise-db", "port-errors-per-minute", "port-load-percent", "speed-set-of-sold"),
    Kind.UNSTABLE: ("signal-to-noise-db", "restarts-per-day", "port-errors-per-minute", "port-load-percent"),
    Kind.WIFI: ("router-online", "restarts-per-day", "node-alarms", "port-load-percent"),
}
"""What is collected at once for each class of faults."""


class Verdict(msgspec.Struct, frozen=True):
    """The most likely cause, whom it concerns, what to do. `missing`: what to look at, by who can tell."""

    cause: str
    probability: float
    scope: str
    craft: str
    advice: list[str]
    missing: dict[str, list[str]]
    enough: bool
    told: str


def posterior(kind: Kind, found: Mapping[str, bool]) -> dict[str, float]:
    """How likely each cause is after what was found."""
    weights = {
        cause: chance * math.prod(_fits(cause, name, bad) for name, bad in found.items())
        for cause, chance in prior(kind).items()
    }
    total = math.fsum(weights.values())
    return {cause: weight / total for cause, weight in weights.items()}


def judge(kind: Kind, values: Mapping[str, float], asked: Collection[str]) -> Verdict:
    """The most likely cause; and what would tell most, if we are not sure. `asked`: not again."""
    found = findings(values)
    beliefs = posterior(kind, found)
    best = max(beliefs, key=beliefs.__getitem__)
    missing = [] if beliefs[best] >= SURE else most_telling(kind, found, asked)
    cause = CAUSES[best]
    advice = [cause.action.value] if cause.action is not Action.NOTHING else []
    advice.append(f"engineer for {cause.craft}")
    more = f"; not enough, wants {', '.join(missing)}" if missing else f"; concerns {cause.scope}"
    told = f"most likely {best} ({beliefs[best]:.0%}){more}"
    seen = best, round(beliefs[best], 3), cause.scope, cause.craft, advice
    return Verdict(*seen, by_source(missing), enough=not missing, told=told)


def most_telling(kind: Kind, found: Mapping[str, bool], asked: Collection[str]) -> list[str]:
    """The readings not asked for yet from which we would learn most, best first."""
    gains = {name: gain(kind, found, name) for name in READINGS if name not in found and name not in asked}
    worth = [name for name, bits in gains.items() if bits >= _WORTH_BITS]
    return sorted(worth, key=lambda name: -gains[name])[:_AT_ONCE]


def gain(kind: Kind, found: Mapping[str, bool], name: str) -> float:
    """By how many bits the uncertainty is expected to shrink when `name` is known; never negative."""
    now = posterior(kind, found)
    bad = math.fsum(chance * likelihood(cause, name) for cause, chance in now.items())
    left = bad * _entropy(posterior(kind, {**found, name: True}))
    left += (1 - bad) * _entropy(posterior(kind, {**found, name: False}))
    return max(0.0, _entropy(now) - left)


def _fits(cause: str, name: str, bad: bool) -> float:
    chance = likelihood(cause, name)
    return chance if bad else 1 - chance


def _entropy(beliefs: Mapping[str, float]) -> float:
    return -math.fsum(chance * math.log2(chance) for chance in beliefs.values() if chance > 0)
