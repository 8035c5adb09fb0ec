"""What can be wrong with a line: how it shows, and what cures it; as experts would say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from overlay.demo.intent import Kind


class Craft(StrEnum):
    """What an engineer can do."""

    CABLE = "cable"
    HOME = "home installation"
    NODE = "access node"


class Action(StrEnum):
    """What can be done from afar."""

    NOTHING = ""
    GUIDE = "guide the customer"
    SWITCH_OVER = "switch the node to its second supply"
    RETRAIN = "set up the line anew"
    FIRMWARE = "renew the router's firmware"
    SPEED = "set the speed that was sold"
    MOVE_PORT = "move the line to another port"
    CAPACITY = "add capacity to the node"
    CHANNEL = "change the radio channel"
    RESOLVER = "use other name servers"


SCARCE = (Action.MOVE_PORT, Action.CAPACITY, Action.SWITCH_OVER)
"""Needs a resource that must be allocated first."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that can be wrong. `shows`: how often a reading is abnormal then."""

    name: str
    scope: str
    craft: Craft
    action: Action
    shows: Mapping[str, float] = field(default_factory=dict)


_ALL = (
    Cause(
        "node without power",
        "the whole street",
        Craft.NODE,
        Action.SWITCH_OVER,
        {"router-online": 0.95, "node-alarms": 0.95, "neighbours-down-percent": 0.95},
    ),
    Cause(
        "cable cut",
        "one household",
        Craft.CABLE,
        Action.NOTHING,
        {"router-online": 0.95, "signal-to-noise-db": 0.3, "port-errors-per-minute": 0.2, "damage-seen": 0.7},
    ),
    Cause(
        "corroded connector",
        "one household",
        Craft.CABLE,
        Action.RETRAIN,
        {
            "router-online": 0.2,
            "signal-to-noise-db": 0.9,
            "port-errors-per-minute": 0.45,
            "restarts-per-day": 0.15,
            "wired-speed-of-sold": 0.6,
            "damage-seen": 0.3,
        },
    ),
    Cause(
        "router broken",
        "one household",
        Craft.HOME,
        Action.NOTHING,
        {"router-online": 0.95, "router-dark": 0.9, "restarts-per-day": 0.4},
    ),
    Cause(
        "router firmware faulty",
        "one household",
        Craft.HOME,
        Action.FIRMWARE,
        {"router-online": 0.1, "restarts-per-day": 0.85, "wired-speed-of-sold": 0.5},
    ),
    Cause(
        "speed set too low",
        "one household",
        Craft.NODE,
        Action.SPEED,
        {"speed-set-of-sold": 0.97, "wired-speed-of-sold": 0.95},
    ),
    Cause(
        "port faulty",
        "all lines of the port",
        Craft.NODE,
        Action.MOVE_PORT,
        {
            "router-online": 0.6,
            "port-errors-per-minute": 0.92,
            "neighbours-down-percent": 0.4,
            "node-alarms": 0.3,
            "signal-to-noise-db": 0.2,
            "wired-speed-of-sold": 0.6,
        },
    ),
    Cause(
        "node overloaded",
        "the whole street",
        Craft.NODE,
        Action.CAPACITY,
        {"port-load-percent": 0.95, "wired-speed-of-sold": 0.85, "names-not-found-percent": 0.1},
    ),
    Cause(
        "radio channel disturbed",
        "one household",
        Craft.HOME,
        Action.CHANNEL,
        {"wifi-resent-percent": 0.92, "only-one-device": 0.2},
    ),
    Cause(
        "name servers fail",
        "the whole town",
        Craft.NODE,
        Action.RESOLVER,
        {"names-not-found-percent": 0.95, "neighbours-down-percent": 0.3},
    ),
    Cause(
        "customer's own device",
        "one device",
        Craft.HOME,
        Action.GUIDE,
        {"only-one-device": 0.95, "wifi-resent-percent": 0.15},
    ),
)
CAUSES: dict[str, Cause] = {cause.name: cause for cause in _ALL}
USUALLY = 0.04
"""How often a reading is abnormal that has nothing to do with the cause."""

# How often which cause is behind a class of complaints, in the order of _ALL; need not add up to one.
_OFTEN: dict[Kind, tuple[int, ...]] = {
    Kind.NO_SERVICE: (18, 16, 6, 18, 8, 1, 14, 1, 2, 10, 6),
    Kind.SLOW: (0, 0, 14, 0, 10, 18, 8, 26, 14, 3, 7),
    Kind.UNSTABLE: (1, 1, 30, 4, 22, 0, 16, 8, 14, 3, 1),
    Kind.WIFI: (0, 0, 4, 3, 14, 3, 2, 6, 50, 2, 16),
}


def prior(kind: Kind) -> dict[str, float]:
    """How likely each cause is before anything was measured; none is impossible."""
    often = _OFTEN[kind]
    total = sum(often) + 0.5 * len(often)
    return {name: (count + 0.5) / total for name, count in zip(CAUSES, often, strict=True)}


def likelihood(cause: str, reading: str) -> float:
    """How often the reading is abnormal with this cause."""
    return CAUSES[cause].shows.get(reading, USUALLY)
