"""What the chain's steps take and give, as JSON. `told`: the same for people. Pure."""

from __future__ import annotations

import msgspec

from examples.diagnosis.classes import Kind
from examples.diagnosis.judging import Verdict


class Complaint(msgspec.Struct, frozen=True):
    """In the customer's words: what the chain begins with."""

    ticket: str
    complaint: str


class Recognised(msgspec.Struct, frozen=True):
    """What a complaint is about."""

    kind: Kind
    fault: bool
    told: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """These readings, please."""

    ticket: str
    names: list[str]


class Measured(msgspec.Struct, frozen=True):
    """Readings by name, and those that could not be had."""

    values: dict[str, float]
    gaps: list[str]
    told: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What is known of a line: what was collected first, and by whom what in each round since."""

    ticket: str
    kind: Kind
    first: Measured
    rounds: list[list[Measured | None]]


class Case(msgspec.Struct, frozen=True):
    """Whose line, and nothing else."""

    ticket: str


class Classed(msgspec.Struct, frozen=True):
    """Whose line, and what the complaint is about."""

    ticket: str
    kind: Kind


class Found(msgspec.Struct, frozen=True):
    """Whose line, and what is wrong with it."""

    ticket: str
    cause: str


class Act(msgspec.Struct, frozen=True):
    """Do this to the line."""

    ticket: str
    action: str


class Done(msgspec.Struct, frozen=True):
    """What there is to tell of a step that gives nothing else."""

    told: str


class Order(msgspec.Struct, frozen=True):
    """Send an engineer. `found`: what the last one said that the next one must be able to do."""

    ticket: str
    kind: Kind
    craft: str
    needs: str = ""


class Visited(msgspec.Struct, frozen=True):
    """Who was there, and what came of it; `needs`: the craft of the next one, if the line was not cured."""

    engineer: str
    km: float
    arrives: float
    found: str
    cured: bool
    needs: str
    told: str = ""


class Tested(msgspec.Struct, frozen=True):
    """Whether the line does what was sold. `share`: of the speed sold."""

    works: bool
    share: float
    told: str = ""


class Watched(msgspec.Struct, frozen=True):
    """How the line was in the days after the repair. `came_back`: on which day; 0 if not."""

    days: int
    came_back: int
    told: str = ""


class Closing(msgspec.Struct, frozen=True):
    """What became of a case: only its class, where it was no fault."""

    ticket: str
    kind: Kind
    cause: Verdict | None
    analyses: list[Verdict | None]
    watch: Watched | None
    visits: list[Visited | None]
    tests: list[Tested | None]


class Report(msgspec.Struct, frozen=True):
    """How a case ended: the chain's result."""

    kind: str
    outcome: str
    follow_up: str
    cause: str = ""
    probability: float = 0.0
    scope: str = ""
    rounds: int = 0
    visits: int = 0
    told: str = ""
