"""What has happened in a chain that runs: all that decisions are made from. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from overlay.chains.values import value_of

Outcome = Literal["", "done", "failed", "hopeless", "cancelled"]
"""Of an attempt. None yet; `hopeless`: no further attempt would help."""
Stop = Literal["", "cancelled", "expired"]
State = Literal["running", "done", "failed", "cancelled"]


class Unit(msgspec.Struct, frozen=True, order=True):
    """One step of one round, or taking it back: what a task is made of."""

    step: str
    rounds: tuple[int, ...] = ()
    """Of the repeated groups that it is in, the outermost first."""
    undo: bool = False

    @property
    def key(self) -> str:
        """`analysis`, `analysis#2`, `analysis#2.1`."""
        return f"{self.step}#{'.'.join(map(str, self.rounds))}" if self.rounds else self.step


def unit_of(key: str, *, undo: bool = False) -> Unit:
    """The inverse of `Unit.key`."""
    step, _, counted = key.partition("#")
    return Unit(step, tuple(int(one) for one in counted.split(".")) if counted else (), undo)


@dataclass(slots=True)
class Attempt:
    """One task for a unit."""

    number: int
    began: float
    agent: str = ""
    outcome: Outcome = ""
    ended: float = 0.0
    error: str = ""


@dataclass(slots=True)
class Course:
    """Of one unit: its attempts, and what the last one gave."""

    attempts: list[Attempt] = field(default_factory=list)
    output: bytes = b""
    order: int = 0
    """Its place among all that are done."""
    _value: object = None
    _read: bool = False

    @property
    def last(self) -> Attempt:
        """Raises IndexError before the first one."""
        return self.attempts[-1]

    @property
    def running(self) -> bool:
        """Whether an attempt has not ended."""
        return bool(self.attempts) and not self.last.outcome

    @property
    def done(self) -> bool:
        """Whether it gave something."""
        return bool(self.attempts) and self.last.outcome == "done"

    @property
    def failures(self) -> int:
        """Attempts that ended badly."""
        return sum(one.outcome == "failed" for one in self.attempts)

    @property
    def value(self) -> object:
        """What it gave, as JSON, text or opaque."""
        if not self._read:
            self._value, self._read = value_of(self.output), True
        return self._value


@dataclass(slots=True)
class Facts:
    """Of one chain. It only grows."""

    input: bytes = b""
    courses: dict[Unit, Course] = field(default_factory=dict)
    stop: Stop = ""
    done: int = 0
    total_bytes: int = 0
    """What all attempts gave."""

    def course(self, unit: Unit) -> Course | None:
        """None: it was not begun."""
        return self.courses.get(unit)

    def began(self, unit: Unit, at: float) -> int:
        """Returns the number of the attempt."""
        course = self.courses.setdefault(unit, Course())
        assert not course.running, f"{unit} runs already"
        course.attempts.append(Attempt(len(course.attempts) + 1, at))
        return len(course.attempts)

    def assigned(self, unit: Unit, agent: str) -> None:
        """Who does the attempt that runs."""
        self.courses[unit].last.agent = agent

    def ended(self, unit: Unit, outcome: Outcome, at: float, output: bytes = b"", error: str = "") -> None:
        """The attempt that runs has."""
        course = self.courses[unit]
        assert course.running, f"{unit} does not run"
        course.last.outcome, course.last.ended, course.last.error = outcome, at, error
        if outcome == "done":
            self.done += 1
            self.total_bytes += len(output)
            course.output, course.order = output, self.done

    def stopped(self, why: Stop) -> None:
        """Nothing more is begun; the first reason counts."""
        self.stop = self.stop or why
