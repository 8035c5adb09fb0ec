"""What a link goes through at a time, and when a piece of data comes out of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from overlay.chaos.chance import Chance


@dataclass(frozen=True, slots=True)
class Weather:
    """Fair, unless something is said."""

    cut: bool = False
    hole: bool = False
    delay_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float = 0.0
    """0: as wide as the machine."""


FAIR = Weather()


class Passing:
    """One direction of one connection. Nothing overtakes anything."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._free_at = 0.0
        self._last_out = 0.0

    def out_at(self, weather: Weather, size: int, now: float) -> float:
        """When so many bytes that came in `now` come out."""
        begun = max(now, self._free_at)
        self._free_at = begun + (size / weather.bytes_per_s if weather.bytes_per_s else 0.0)
        late = weather.delay_s + self._chance.between(0.0, weather.jitter_s)
        self._last_out = max(self._last_out, self._free_at + late)
        return self._last_out
