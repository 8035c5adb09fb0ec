"""What the thirteen agents write to each other. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from overlay.demo.intent import Kind
from overlay.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)


class Letter(msgspec.Struct, frozen=True):
    """Every message: whose case it is, a number by which it is counted, and one of those below."""

    number: str
    ticket: str
    body: msgspec.Raw


class Complaint(msgspec.Struct, frozen=True):
    """In the customer's words."""

    ticket: str
    text: str
    city: str = ""
    state: str = ""


class Intent(msgspec.Struct, frozen=True):
    """What a complaint is about. `sure`: 0 to 1."""

    kind: Kind
    sure: float


class Fault(msgspec.Struct, frozen=True):
    """To preprocessing: collect what tells of this class."""

    kind: Kind


class Collect(msgspec.Struct, frozen=True):
    """These readings, please. `again`: ask the equipment itself, not the last report."""

    names: list[str]
    again: bool = False


class Values(msgspec.Struct, frozen=True):
    """Readings by name, and those that could not be had."""

    values: dict[str, float]
    gaps: list[str] = []


class Evidence(msgspec.Struct, frozen=True):
    """To root-cause analysis: what is known, and what need not be asked for again."""

    kind: Kind
    values: dict[str, float]
    asked: list[str]


class Verdict(msgspec.Struct, frozen=True):
    """The most likely cause. `missing`: what to look at first, if it is not enough."""

    cause: str
    probability: float
    scope: str
    advice: list[str]
    missing: list[str]


class Question(msgspec.Struct, frozen=True):
    """To the customer."""

    reading: str
    text: str


class Answer(msgspec.Struct, frozen=True):
    """The customer's."""

    value: float


class Unclear(msgspec.Struct, frozen=True):
    """A complaint that says too little."""

    text: str


class Repair(msgspec.Struct, frozen=True):
    """Repair this from afar."""

    cause: str


class Act(msgspec.Struct, frozen=True):
    """Do this to the line, with what was allocated."""

    action: str
    resource: str = ""


class Done(msgspec.Struct, frozen=True):
    """Whether it was done, and how."""

    done: bool
    how: str


class Probe(msgspec.Struct, frozen=True):
    """Test the line from end to end."""


class Tested(msgspec.Struct, frozen=True):
    """Whether the line does what was sold. `share`: of the speed sold."""

    works: bool
    share: float


class WorkOrder(msgspec.Struct, frozen=True):
    """Send an engineer. `urgency`: 0 to 1."""

    craft: str
    urgency: float
    reason: str


class Visited(msgspec.Struct, frozen=True):
    """What the engineer found; `needs`: the craft of the next one, if the line was not cured."""

    engineer: str
    km: float
    minutes: float
    found: str
    cured: bool
    needs: str


class Watch(msgspec.Struct, frozen=True):
    """Watch the line for so many days, then publish what was seen."""

    days: int


class Quality(msgspec.Struct, frozen=True):
    """Published: how the line was in the days after the repair. `came_back`: on which day; 0 if not."""

    days: int
    came_back: int


class FollowUp(msgspec.Struct, frozen=True):
    """The customer is to be told, or called."""

    what: str
    told: str


class CaseReport(msgspec.Struct, frozen=True):
    """How a case ended."""

    kind: str
    cause: str = ""
    probability: float = 0.0
    rounds: int = 0
    visits: int = 0
    outcome: str = ""
    follow_up: str = ""
    stopped: bool = False
    """Not worked through: an agent failed."""


def pack(number: str, ticket: str, body: msgspec.Struct) -> bytes:
    """A letter as it goes into a message."""
    return msgspec.json.encode(Letter(number, ticket, msgspec.Raw(msgspec.json.encode(body))))


def unpack(data: bytes) -> Letter:
    """Raises BadInput."""
    return _read(data, Letter)


def read_body(letter: Letter, kind: type[T]) -> T:
    """Raises BadInput."""
    return _read(letter.body, kind)


def _read(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise BadInput(f"this is no {kind.__name__}: {error}") from error
