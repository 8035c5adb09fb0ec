"""What the chain's steps take and give, as JSON. `told`: the same for people. Pure."""

from __future__ import annotations

import msgspec

DOMAINS = ("access", "transport", "core", "home", "management")
"""Each has its own configuration agent: four kinds of network elements, and the management systems."""


class Order(msgspec.Struct, frozen=True):
    """In the customer's words: what the chain begins with."""

    order: str
    wish: str


class Intent(msgspec.Struct, frozen=True):
    """The wish, structured."""

    street: str
    mbps: int
    telephone: bool
    told: str = ""


class Path(msgspec.Struct, frozen=True):
    """Through which elements the service goes, from the street's access node to the core."""

    elements: list[str]
    mbps: int
    told: str = ""


class Planning(msgspec.Struct, frozen=True):
    """Plan a path for this."""

    order: str
    intent: Intent


class Allocation(msgspec.Struct, frozen=True):
    """Allocate what this path needs."""

    order: str
    intent: Intent
    path: Path


class Plan(msgspec.Struct, frozen=True):
    """Path and resources of an order: what all configuration is made from."""

    order: str
    mbps: int
    telephone: bool
    elements: list[str]
    port: int
    vlan: int
    address: str
    told: str = ""


class Planned(msgspec.Struct, frozen=True):
    """The plan of an order, and perhaps one element of it."""

    plan: Plan
    element: str = ""


class Case(msgspec.Struct, frozen=True):
    """Which order, and nothing else."""

    order: str


class Done(msgspec.Struct, frozen=True):
    """What there is to tell of a step that gives nothing else."""

    told: str


class Work(msgspec.Struct, frozen=True):
    """Send an engineer. `why`: what for."""

    order: str
    street: str
    why: str


class Booked(msgspec.Struct, frozen=True):
    """Who goes, and when: in minutes from now."""

    order: str
    engineer: str
    km: float
    arrives: float
    told: str = ""


class Validated(msgspec.Struct, frozen=True):
    """What was found wrong, and set right, until nothing was."""

    checks: int
    corrected: list[str]
    told: str = ""


class Tested(msgspec.Struct, frozen=True):
    """Whether the customer gets what was ordered. `share`: of its speed."""

    works: bool
    share: float
    told: str = ""


class Watched(msgspec.Struct, frozen=True):
    """The quality in the first days. `worst`: share of the speed."""

    samples: int
    worst: float
    told: str = ""


class Closing(msgspec.Struct, frozen=True):
    """What became of an order."""

    order: str
    intent: Intent
    validated: Validated
    visit: Booked
    tested: Tested
    watched: Watched


class Report(msgspec.Struct, frozen=True):
    """How an order ended: the chain's result."""

    outcome: str
    engineer: str = ""
    corrected: list[str] = []
    share: float = 0.0
    follow_up: str = ""
    told: str = ""
