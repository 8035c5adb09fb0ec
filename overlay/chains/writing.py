"""Short words with which chains are written in Python. Pure.

Chain("repair", (
    Step("look", "network.diagnosis"),
    Step("fix", "network.repair", after=("look",), when=where("look", "probability", ">=", 0.8),
         input={"cause": of("look", "cause")}),
))
"""

from __future__ import annotations

from typing import Literal

from overlay.chains.chain import Condition, OnFailure, Op, Repeat, Scalar, Settled, Step

FROM = "$from"
_MISSING = object()


def where(step: str, path: str, op: Op, value: Scalar | tuple[Scalar, ...] = None) -> Condition:
    """A comparison: `where("analysis", "probability", ">=", 0.8)`; `where("analysis", "cause", "exists")`."""
    return Condition(step=step, path=path, op=op, value=value)


def ended(step: str, state: Settled) -> Condition:
    """How a step ended: `ended("repair", "failed")`."""
    return Condition(step=step, state=state)


def all_of(*conditions: Condition) -> Condition:
    """All hold: `all_of(ended("repair", "done"), where("test", "ok", "==", True))`."""
    return Condition(every=conditions)


def any_of(*conditions: Condition) -> Condition:
    """One at least holds: `any_of(ended("repair", "failed"), ended("repair", "skipped"))`."""
    return Condition(some=conditions)


def none_of(*conditions: Condition) -> Condition:
    """None holds: `none_of(ended("repair", "done"))`."""
    return Condition(unless=Condition(some=conditions))


def of(
    step: str,
    path: str = "",
    *,
    default: object = _MISSING,
    rounds: Literal["last", "previous", "all"] = "last",
) -> dict[str, object]:
    """What a step gave, in the input of another: `{"cause": of("analysis", "causes.0.name")}`; `of("input")`
    is the chain's input. `default`: where there is nothing; without it the step fails then. `rounds`, of a
    step in a repeated group: in the round before this one; in all so far, as a list.
    """
    said: dict[str, object] = {FROM: step}
    if path:
        said["path"] = path
    if rounds != "last":
        said["rounds"] = rounds
    if default is not _MISSING:
        said["default"] = default
    return said


def either(
    name: str,
    *alternatives: Step,
    after: tuple[str, ...] = (),
    when: Condition | None = None,
    on_failure: OnFailure = "abort",
) -> Step:
    """The first that succeeds counts:
    `either("fix", Step("auto", "network.repair"), Step("visit", "field.visit"), after=("look",))`.
    """
    return Step(name, either=alternatives, after=after, when=when, on_failure=on_failure)


def group(
    name: str,
    *steps: Step,
    after: tuple[str, ...] = (),
    when: Condition | None = None,
    one_at_a_time: bool = False,
    on_failure: OnFailure = "abort",
) -> Step:
    """Steps that belong together: `group("collect", Step("alarms", "net.alarms"), Step("logs", "net.logs"))`.
    `one_at_a_time`: next the one for which somebody is free.
    """
    return Step(
        name,
        steps=steps,
        after=after,
        when=when,
        order="any" if one_at_a_time else "parallel",
        on_failure=on_failure,
    )


def rounds(
    name: str,
    *steps: Step,
    until: Condition,
    most: int,
    after: tuple[str, ...] = (),
    when: Condition | None = None,
    unmet: Literal["fail", "continue"] = "fail",
    on_failure: OnFailure = "abort",
) -> Step:
    """A group that is done again until a condition holds, at most so often:
    `rounds("diagnose", ask, analyse, until=where("analyse", "probability", ">=", 0.8), most=3)`.
    """
    repeat = Repeat(until, most, unmet)
    return Step(name, steps=steps, repeat=repeat, after=after, when=when, on_failure=on_failure)
