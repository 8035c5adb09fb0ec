"""What can be measured or asked about a line, where, and from which value on it is abnormal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Who can tell a reading."""

    NETWORK = "network"
    """Devices, alarms and network data: the data collection agent has them."""
    HOME = "home"
    """Measured in the customer's rooms by the perception agent."""
    CUSTOMER = "customer"
    """Only the customer sees it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: a usual value, a typical bad one, and the limit between."""

    name: str
    source: Source
    usual: float
    bad: float
    limit: float
    question: str = ""
    """How the customer is asked for it."""

    def abnormal(self, value: float) -> bool:
        """On the bad side of the limit."""
        return value > self.limit if self.bad > self.usual else value < self.limit


_ALL = (
    Reading("router-online", Source.NETWORK, 1, 0, 0.5),
    Reading("signal-to-noise-db", Source.NETWORK, 36, 17, 25),
    Reading("restarts-per-day", Source.NETWORK, 0.2, 9, 3),
    Reading("node-alarms", Source.NETWORK, 0, 4, 0.5),
    Reading("port-errors-per-minute", Source.NETWORK, 2, 240, 50),
    Reading("neighbours-down-percent", Source.NETWORK, 1, 70, 20),
    Reading("port-load-percent", Source.NETWORK, 40, 97, 85),
    Reading("speed-set-of-sold", Source.NETWORK, 1.0, 0.3, 0.9),
    Reading("names-not-found-percent", Source.NETWORK, 0.3, 30, 5),
    Reading("wifi-resent-percent", Source.HOME, 5, 45, 20),
    Reading("wired-speed-of-sold", Source.HOME, 0.95, 0.2, 0.6),
    Reading("router-dark", Source.CUSTOMER, 0, 1, 0.5, "Are all lights of the router off?"),
    Reading("only-one-device", Source.CUSTOMER, 0, 1, 0.5, "Is only one of your devices affected?"),
    Reading("damage-seen", Source.CUSTOMER, 0, 1, 0.5, "Do you see damage at cable or socket?"),
)
READINGS: dict[str, Reading] = {reading.name: reading for reading in _ALL}
ONLINE = "router-online"
BEHIND_ROUTER = ("signal-to-noise-db", "restarts-per-day", "wifi-resent-percent", "wired-speed-of-sold")
"""Cannot be had while the router is offline."""


def findings(values: Mapping[str, float]) -> dict[str, bool]:
    """Which readings are abnormal."""
    return {name: READINGS[name].abnormal(value) for name, value in values.items()}


def by_source(names: Iterable[str]) -> dict[str, list[str]]:
    """The readings that each source is to be asked for."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        grouped.setdefault(READINGS[name].source.value, []).append(name)
    return grouped


def shown(values: Mapping[str, float], gaps: Iterable[str] = ()) -> str:
    """Readings in one line."""
    got = [f"{name} {value:g}" for name, value in values.items()]
    return ", ".join(got + [f"{name} not to be had" for name in gaps]) or "nothing"
