"""A chain: subtasks with their order, branches, alternatives and rounds, as data (AG-4). Pure.

It is written in Python (`overlay.chains.writing` has short words for it) or in JSON, which says the same
(`document.py`). `checking.py` says what is wrong with one, `plan.py` what comes next in one that runs.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

INPUT = "input"
"""What a reference names to mean the chain's own input; no step has this name."""
Settled = Literal["done", "failed", "skipped"]
Scalar = str | int | float | bool | None
OnFailure = Literal["abort", "compensate", "continue"]
Op = Literal["", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "exists"]


class Condition(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"every": "all", "some": "any", "unless": "not", "state": "is"},
):
    """Exactly one of: a comparison of what a step gave (`step`, `path`, `op`, `value`); how a step ended
    (`step`, `is`); all, any, or not of others.

    A comparison with what is not there, or with something of another kind, does not hold (but `!=` does).
    """

    step: str = ""
    """A step before this one; `input`: the chain's input."""
    path: str = ""
    """Into its JSON: `causes.0.name`; empty: all of it."""
    op: Op = ""
    value: Scalar | tuple[Scalar, ...] = None
    state: Settled | None = None
    every: tuple[Condition, ...] = ()
    some: tuple[Condition, ...] = ()
    unless: Condition | None = None


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Do a group again until a condition over its own steps holds, at most `rounds` times."""

    until: Condition
    rounds: int
    unmet: Literal["fail", "continue"] = "fail"
    """What becomes of the group when the condition does not hold after the last round."""


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What takes back a completed step."""

    skill: str
    agent: str = ""
    """Who: `name@domain`; `any`: whoever offers the skill; empty: the agent that did the step."""
    input: Any = None
    """As in a step; without it what the step gave."""
    retry: int = 2
    deadline_s: float = 0.0


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A subtask (`skill`), alternatives (`either`), or a group (`steps`)."""

    id: str
    """Unique in the whole chain."""
    skill: str = ""
    """Who does it is found by this (AG-5)."""
    agent: str = ""
    """`name@domain`: this one and nobody else does it, by `skill`."""
    after: tuple[str, ...] = ()
    """It waits for these, of the same group. Without `when` it is skipped if all of these were."""
    when: Condition | None = None
    """Else it is skipped."""
    input: Any = None
    """JSON in which `{"$from": STEP, "path": PATH}` stands for what a step gave; none: the chain's input. One
    reference alone without a path hands on the bytes as they are.
    """
    either: tuple[Step, ...] = ()
    """One after the other, if its `when` holds, until one succeeds: that one counts."""
    steps: tuple[Step, ...] = ()
    """A group: as parallel as `after` allows."""
    order: Literal["parallel", "any"] = "parallel"
    """Of a group; `any`: one at a time, next the one for which somebody is free."""
    repeat: Repeat | None = None
    """Of a group."""
    scopes: tuple[str, ...] = ()
    """Which scopes of the context it is given (AG-6); none: only what is for everybody."""
    grants: tuple[str, ...] = ()
    """Sensitive parts of the context that it may see."""
    deadline_s: float = 0.0
    """Of each attempt; 0: as tasks have it."""
    retry: int = 0
    """How often it is tried again, by whoever serves best."""
    others: int = 0
    """How often then with an agent that did not fail at it before."""
    pause_s: float = 1.0
    """Before the second attempt; doubles."""
    on_failure: OnFailure = "abort"
    """When all attempts failed: the group (or chain) around it fails; the same, but its completed steps are
    taken back before, the last one first; it goes on, and conditions can ask (`is: failed`).
    """
    compensate: Undo | None = None
    """How it is taken back."""


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A directed graph of subtasks."""

    name: str
    steps: tuple[Step, ...]
    about: str = ""
    output: Any = None
    """Its result, written as inputs of steps are; without it what its last step gave, or an object of what
    its last steps gave.
    """
    deadline_s: float = 0.0
    """From its start; 0: none."""
    when_stopped: Literal["stop", "compensate"] = "stop"
    """Whether its completed steps are taken back when it is cancelled, or its deadline passes."""
    parallel: int = 0
    """How many steps at one time; 0: as `chain_parallel` says."""
    carried: bool = False
    """Whether each of its tasks brings the whole chain along (`Position.document`)."""
