"""The scenarios: each makes a schedule for so many seconds and domains. Pure.

The first tenth of a run is quiet, and so are its last seconds, so that what a fault leaves behind is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from overlay.chaos.chance import Chance
from overlay.chaos.plan import Act, ChaosPlan, Step, Target
from overlay.errors import BadInput

_BEGIN = 0.15
_SECOND = 0.5
_SHARE = 0.2
"""Of the run: how long a fault lasts."""
_LONGEST_S = 20.0
_OUTAGES = (Act.PAUSE, Act.CUT, Act.HOLE, Act.SLOW, Act.FLOOD)

Make = Callable[[Chance, float, int], Iterator[Step]]


def _each(act: Act, target: Target) -> Make:
    """In one domain after the other."""

    def make(_: Chance, seconds: float, domains: int) -> Iterator[Step]:
        for_s = min(_LONGEST_S, _SHARE * seconds) if act in _OUTAGES else 0.0
        for number in range(domains):
            at = _BEGIN + (_SECOND - _BEGIN) * number
            if at <= 0.75:
                yield Step(at * seconds, act, target, number, for_s)

    return make


def _link(act: Act) -> Make:
    """All links at once."""

    def make(_: Chance, seconds: float, domains: int) -> Iterator[Step]:
        for number in range(domains):
            yield Step(0.2 * seconds, act, Target.LINK, number, min(_LONGEST_S, 0.35 * seconds))

    return make


def _kill_often(target: Target) -> Make:
    def make(chance: Chance, seconds: float, domains: int) -> Iterator[Step]:
        for number in range(4):
            at = (_BEGIN + 0.15 * number) * seconds
            yield Step(at + chance.share(), Act.KILL, target, number % domains)

    return make


def _restart_all(_: Chance, seconds: float, domains: int) -> Iterator[Step]:
    order = (Target.GATEWAY, Target.REGISTRY, Target.CA, Target.BROKER)
    step = 0.6 / (len(order) * domains)
    for number, (domain, target) in enumerate((d, t) for d in range(domains) for t in order):
        yield Step((_BEGIN + step * number) * seconds, Act.RESTART, target, domain)


def _flapping(chance: Chance, seconds: float, domains: int) -> Iterator[Step]:
    at = _BEGIN * seconds
    while at < 0.7 * seconds:
        for domain in range(domains):
            if chance.share() < 0.5:
                yield Step(at, Act.RESET, Target.LINK, domain)
            else:
                yield Step(at, Act.CUT, Target.LINK, domain, chance.between(0.1, 0.8))
        at += chance.between(0.8, 2.0)


def _cascade(_: Chance, seconds: float, domains: int) -> Iterator[Step]:
    """Too much load; then everybody loses broker and links at once, and comes back at once, twice."""
    for domain in range(domains):
        yield Step(0.1 * seconds, Act.FLOOD, Target.SENDER, domain, 0.5 * seconds)
        for at in (0.25, 0.45):
            yield Step(at * seconds, Act.KILL, Target.BROKER, domain)
            yield Step(at * seconds, Act.CUT, Target.LINK, domain, 1.0)


_ANY: tuple[tuple[Act, Target], ...] = (
    (Act.KILL, Target.GATEWAY),
    (Act.KILL, Target.BROKER),
    (Act.KILL, Target.REGISTRY),
    (Act.KILL, Target.CA),
    (Act.KILL, Target.RECEIVER),
    (Act.KILL, Target.SENDER),
    (Act.PAUSE, Target.GATEWAY),
    (Act.PAUSE, Target.BROKER),
    (Act.PAUSE, Target.REGISTRY),
    (Act.PAUSE, Target.RECEIVER),
    (Act.RESTART, Target.GATEWAY),
    (Act.RESTART, Target.BROKER),
    (Act.CUT, Target.LINK),
    (Act.HOLE, Target.LINK),
    (Act.SLOW, Target.LINK),
    (Act.RESET, Target.LINK),
    (Act.FLOOD, Target.SENDER),
)


def _random(chance: Chance, seconds: float, domains: int) -> Iterator[Step]:
    at = 0.1 * seconds
    while at < 0.75 * seconds:
        act, target = chance.one_of(_ANY)
        for_s = chance.between(0.5, min(8.0, 0.2 * seconds)) if act in _OUTAGES else 0.0
        yield Step(round(at, 3), act, target, chance.below(domains), round(for_s, 3))
        at += chance.between(0.5, 6.0)


def _full_store(_: Chance, seconds: float, domains: int) -> Iterator[Step]:
    """Nobody reads, and everybody sends; the brokers have room for little."""
    for domain in range(domains):
        yield Step(_BEGIN * seconds, Act.PAUSE, Target.RECEIVER, domain, 0.4 * seconds)
        yield Step(_BEGIN * seconds, Act.FLOOD, Target.SENDER, domain, 0.4 * seconds)


class Scenario(NamedTuple):
    """One that can be named."""

    about: str
    make: Make
    settings: tuple[str, ...] = ()


_LITTLE_ROOM = ("store_max_bytes = 1048576", "chaos_deadline_s = 20.0")

SCENARIOS: dict[str, Scenario] = {
    "kill-gateway": Scenario(
        "kill -9 of the gateway, in one domain after the other", _each(Act.KILL, Target.GATEWAY)
    ),
    "kill-broker": Scenario("kill -9 of the broker", _each(Act.KILL, Target.BROKER)),
    "kill-registry": Scenario("kill -9 of the registry", _each(Act.KILL, Target.REGISTRY)),
    "kill-ca": Scenario("kill -9 of the CA", _each(Act.KILL, Target.CA)),
    "pause-gateway": Scenario("the gateway stands still (SIGSTOP)", _each(Act.PAUSE, Target.GATEWAY)),
    "pause-broker": Scenario("the broker stands still (SIGSTOP)", _each(Act.PAUSE, Target.BROKER)),
    "restart-all": Scenario("gateway, registry, CA, broker, in turn, ended in order", _restart_all),
    "partition": Scenario("the domains cannot connect to each other", _link(Act.CUT)),
    "black-hole": Scenario("connections between domains stand, and nothing passes", _link(Act.HOLE)),
    "slow-link": Scenario("the links are late, uneven and narrow", _link(Act.SLOW)),
    "flapping-link": Scenario("the links are reset and cut, again and again", _flapping),
    "kill-receiver": Scenario(
        "kill -9 of receivers, in the middle of what they do", _kill_often(Target.RECEIVER)
    ),
    "kill-sender": Scenario("kill -9 of senders, after messages were accepted", _kill_often(Target.SENDER)),
    "full-store": Scenario("receivers stand still, and brokers have no more room", _full_store, _LITTLE_ROOM),
    "cascade": Scenario("too much load, and twice all brokers and links at once", _cascade),
    "random": Scenario("a series of all of these, which --seed repeats", _random),
}


def make_plan(
    scenario: str, *, seed: int, seconds: float, rate: float, domains: int, row: bool = False
) -> ChaosPlan:
    """The same for the same arguments. Raises BadInput."""
    found = SCENARIOS.get(scenario)
    if found is None:
        raise BadInput(f"there is no scenario {scenario!r}: `overlay chaos list` names them all")
    steps = sorted(found.make(Chance(seed, scenario), seconds, domains), key=lambda step: step.at_s)
    return ChaosPlan(scenario, seed, seconds, rate, tuple(steps), row, settings=found.settings)
