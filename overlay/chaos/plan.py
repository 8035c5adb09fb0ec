"""What is done to a federation, and when: a schedule that a seed repeats. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What is done to a target."""

    KILL = "kill"
    """`kill -9`; the supervisor starts it again."""
    PAUSE = "pause"
    """SIGSTOP, and SIGCONT when it is over."""
    RESTART = "restart"
    """Ended in order, and started again."""
    CUT = "cut"
    """A link: connections are reset, new ones too, until it is over."""
    HOLE = "hole"
    """A link: connections stand, and nothing passes, until it is over."""
    SLOW = "slow"
    """A link: late, with jitter, and narrow, until it is over."""
    RESET = "reset"
    """A link: connections are reset once."""
    FLOOD = "flood"
    """The senders send several times as fast, until it is over."""


class Target(StrEnum):
    """To what."""

    BROKER = "broker"
    CA = "ca"
    REGISTRY = "registry"
    GATEWAY = "gateway"
    LINK = "link"
    """What peers have with the domain's broker."""
    RECEIVER = "receiver"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Step:
    """At `at_s` after the load began, for `for_s` (0: done at once), in the domain of this number."""

    at_s: float
    act: Act
    target: Target
    domain: int
    for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """One run. `steps` are in order of time."""

    scenario: str
    seed: int
    seconds: float
    """How long messages are sent."""
    rate: float
    """Messages a second that all senders together send, and a tenth as many questions."""
    steps: tuple[Step, ...]
    row: bool = False
    """Whether domains are linked only with the one in the middle, their parent, and not each with each."""
    flood: float = 5.0
    """How many times as fast senders send in a flood."""
    settings: tuple[str, ...] = ()
    """Lines for `overlay.toml` of each domain."""
