"""What an example is to whoever shows it or tests it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from examples.broadband.cast import Role
from examples.broadband.plant import Plant
from overlay.chains.chain import Chain


class Case(msgspec.Struct, frozen=True):
    """An order, or a complaint, in the customer's words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended, and whether that was right: the world knows, and no agent did."""

    case: Case
    found: str
    truth: str
    outcome: str
    follow_up: str
    right: bool
    works: bool
    stopped: bool = False
    """Not worked through: an agent failed."""


@dataclass(frozen=True, slots=True)
class Example:
    """Thirteen agents, their chain, and cases. `lead`: the skill of its master control."""

    name: str
    cast: Sequence[Role]
    chain: Chain
    lead: str
    cases: Sequence[Case]
    begin: Callable[[Plant, Case], bytes]
    """Puts a case into the world; returns what the chain begins with."""
    judge: Callable[[Plant, Case, bytes | None, str], Ended]
    """By the chain's result; None: there is none, for a reason."""
