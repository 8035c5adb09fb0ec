"""What can be wrong with a line: how it shows, and what cures it; as experts would say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from examples.broadband.staff import CABLE, HOME, NODE
from examples.diagnosis.classes import Kind


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
    craft: str
    action: Action
    shows: Mapping[str, float]


_STREET, _HOUSEHOLD = "the whole street", "one household"
_ONLINE, _NOISE, _RESTARTS = "router-online", "signal-to-noise-db", "restarts-per-day"
_ALARMS, _ERRORS, _NEIGHBOURS = "node-alarms", "port-errors-per-minute", "neighbours-down-percent"
_LOAD, _SET, _NAMES = "port-load-percent", "speed-set-of-sold", "names-not-found-percent"
_WIFI, _WIRED = "wifi-resent-percent", "wired-speed-of-sold"
_DARK, _ONE, _DAMAGE = "router-dark", "only-one-device", "damage-seen"

_NO_POWER = {_ONLINE: 0.95, _ALARMS: 0.95, _NEIGHBOURS: 0.95}
_CUT = {_ONLINE: 0.95, _NOISE: 0.3, _ERRORS: 0.2, _DAMAGE: 0.7}
_CORRODED = {_ONLINE: 0.2, _NOISE: 0.9, _ERRORS: 0.45, _RESTARTS: 0.15, _WIRED: 0.6, _DAMAGE: 0.3}
_BROKEN = {_ONLINE: 0.95, _DARK: 0.9, _RESTARTS: 0.4}
_FIRMWARE = {_ONLINE: 0.1, _RESTARTS: 0.85, _WIRED: 0.5}
_PORT = {_ONLINE: 0.6, _ERRORS: 0.92, _NEIGHBOURS: 0.4, _ALARMS: 0.3, _NOISE: 0.2, _WIRED: 0.6}
_NO_NAMES = {_NAMES: 0.95, _NEIGHBOURS: 0.3}
_ALL = (
    Cause("node without power", _STREET, NODE, Action.SWITCH_OVER, _NO_POWER),
    Cause("cable cut", _HOUSEHOLD, CABLE, Action.NOTHING, _CUT),
    Cause("corroded connector", _HOUSEHOLD, CABLE, Action.RETRAIN, _CORRODED),
    Cause("router broken", _HOUSEHOLD, HOME, Action.NOTHING, _BROKEN),
    Cause("router firmware faulty", _HOUSEHOLD, HOME, Action.FIRMWARE, _FIRMWARE),
    Cause("speed set too low", _HOUSEHOLD, NODE, Action.SPEED, {_SET: 0.97, _WIRED: 0.95}),
    Cause("port faulty", "all lines of the port", NODE, Action.MOVE_PORT, _PORT),
    Cause("node overloaded", _STREET, NODE, Action.CAPACITY, {_LOAD: 0.95, _WIRED: 0.85, _NAMES: 0.1}),
    Cause("radio channel disturbed", _HOUSEHOLD, HOME, Action.CHANNEL, {_WIFI: 0.92, _ONE: 0.2}),
    Cause("name servers fail", "the whole town", NODE, Action.RESOLVER, _NO_NAMES),
    Cause("customer's own device", "one device", HOME, Action.GUIDE, {_ONE: 0.95, _WIFI: 0.15}),
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
